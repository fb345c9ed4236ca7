#include <trunkline/chat/page.hpp>

#include <trunkline/chat/room_choice.hpp>
#include <trunkline/chat_wire/wording.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <utility>

namespace trunkline::chat {
namespace {

namespace json = boost::json;

websocket::http_page as_page(json::object const& told) {
    return {"application/json", json::serialize(told)};
}

websocket::http_page rooms_of(house const& of) {
    json::array rooms;
    for (auto const& each : of.hall.list(listed_max)) {
        rooms.push_back({{"name", each.name}, {"members", each.members}});
    }
    return as_page({{"rooms", std::move(rooms)}});
}

websocket::http_page people_of(house const& of, std::string_view target) {
    std::string const name = room_of(target);
    json::object told{{"room", name}, {"members", 0}, {"people", json::array()}, {"next", nullptr}};
    auto const room = of.hall.find(name);
    if (room == nullptr) {
        return as_page(told);
    }
    json::array people;
    auto const page = room->page(after_of(target).value_or(0), listed_max);
    for (auto const& each : page) {
        people.push_back(
            {{"name", each.name.empty() ? chat_wire::default_name(of.speaks.words(), each.number)
                                        : each.name},
             {"number", each.number}});
    }
    told["members"] = room->members();
    told["people"] = std::move(people);
    if (page.size() == listed_max) {
        told["next"] = page.back().seat;
    }
    return as_page(told);
}

}  // namespace

std::optional<websocket::http_page> page_at(house const& of, std::string_view target) {
    std::string_view const path = target.substr(0, target.find('?'));
    if (path == "/") {
        return websocket::http_page{"text/html", std::string(web_page())};
    }
    if (path == "/rooms") {
        return rooms_of(of);
    }
    if (path == "/people") {
        return people_of(of, target);
    }
    return std::nullopt;
}

}  // namespace trunkline::chat
