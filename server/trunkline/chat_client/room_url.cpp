#include <trunkline/chat_client/room_url.hpp>

#include <trunkline/chat_wire/binary_message.hpp>

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>

namespace trunkline::chat_client {
namespace {

constexpr std::string_view key = "room";

}  // namespace

std::string room_of(std::string_view url) {
    if (auto const read = boost::urls::parse_uri(url)) {
        auto const query = read->params();
        auto const found = query.find(key);
        if (found != query.end() && !(*found).value.empty()) {
            return (*found).value;
        }
    }
    return std::string(chat_wire::general_room);
}

std::string with_room(std::string_view url, std::string_view room) {
    std::string made(url.substr(0, url.find_first_of("?#")));
    char before = '?';
    auto const add = [&](std::string_view part) {
        made += before;
        made += part;
        before = '&';
    };
    if (auto const read = boost::urls::parse_uri(url)) {
        for (auto const& each : read->encoded_params()) {
            if (each.key != key) {
                add(std::string(each.key) + (each.has_value ? "=" + std::string(each.value) : ""));
            }
        }
    }
    add(std::string(key) + "=" + boost::urls::encode(room, boost::urls::unreserved_chars));
    return made;
}

}  // namespace trunkline::chat_client
