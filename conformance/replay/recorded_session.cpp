#include <replay/recorded_session.hpp>
#include <replay/vector_set.hpp>
#include <replay/websocket_model.hpp>

#include <xxhash.h>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <utility>

namespace trunkline::replay {
namespace {

byte_string text_bytes(json::value const& text) {
    std::string_view const characters = text.as_string();
    bytes_view const view = as_bytes(characters);
    return {view.begin(), view.end()};
}

/// Long payloads are recorded as a digest; those made of one repeated byte can be had back.
byte_string payload_of(json::object const& event) {
    if (auto const* payload = event.if_contains("payload")) {
        return bytes_of(*payload);
    }
    byte_string const head = bytes_of(event.at("head"));
    byte_string bytes(number_of(event.at("len")), head.empty() ? std::byte{0} : head.front());
    if (XXH3_64bits(bytes.data(), bytes.size()) != hex_number_of(event.at("xxh3_64"))) {
        throw std::runtime_error("a payload recorded as a digest that cannot be rebuilt");
    }
    return bytes;
}

std::uint8_t opcode_of(json::value const& kind) {
    if (kind.is_number()) {
        return static_cast<std::uint8_t>(number_of(kind));
    }
    struct named {
        std::string_view name;
        opcode code;
    };
    static constexpr named names[] = {
        {"continuation", opcode::continuation},
        {"text", opcode::text},
        {"binary", opcode::binary},
        {"close", opcode::close},
        {"ping", opcode::ping},
        {"pong", opcode::pong},
    };
    std::string_view const name = kind.as_string();
    auto const* const found =
        std::ranges::find_if(names, [&](named const& each) { return each.name == name; });
    if (found == std::end(names)) {
        throw std::runtime_error("unknown kind of event: " + std::string(name));
    }
    return static_cast<std::uint8_t>(found->code);
}

void read_websocket(json::object const& fields, recorded_event& event) {
    event.what = traffic::websocket;
    event.code = opcode_of(fields.at("ws"));
    event.fin = number_of(fields.at("fin")) != 0;
    event.reserved = static_cast<std::uint8_t>(number_of(fields.at("rsv")));
    event.masked = number_of(fields.at("masked")) != 0;
    event.bytes = payload_of(fields);
}

recorded_event read_event(json::object const& fields) {
    recorded_event event;
    event.toward =
        fields.at("dir").as_string() == "c2s" ? direction::to_server : direction::to_client;
    event.at = std::chrono::microseconds(std::llround(fields.at("t").to_number<double>() * 1e6));
    if (auto const* number = fields.if_contains("conn")) {
        event.connection = number_of(*number);
    }
    auto const* name = fields.at("ws").if_string();
    if (name != nullptr && *name == "http") {
        event.what = traffic::http;
        event.bytes = text_bytes(fields.at("head"));
    } else if (name != nullptr && *name == "http-body") {
        event.what = traffic::body;
        event.bytes = text_bytes(fields.at("body"));
    } else if (name != nullptr && (*name == "eof" || name->starts_with("err:"))) {
        event.what = traffic::end;
    } else {
        read_websocket(fields, event);
    }
    return event;
}

cast cast_of(json::object const& meta) {
    if (meta.contains("how")) {
        return cast::hand_made_server;
    }
    if (meta.contains("method_ids")) {
        return cast::demo_server;
    }
    if (meta.contains("server")) {
        return cast::store_server;
    }
    throw std::runtime_error("the first line does not say who the server was");
}

}  // namespace

std::size_t recorded_session::connections() const {
    std::size_t count = 0;
    for (recorded_event const& each : events) {
        count = std::max(count, each.connection + 1);
    }
    return count;
}

std::vector<recorded_event> recorded_session::of(std::size_t connection) const {
    std::vector<recorded_event> chosen;
    std::ranges::copy_if(events, std::back_inserter(chosen),
                         [&](recorded_event const& each) { return each.connection == connection; });
    return chosen;
}

recorded_session read_session(std::filesystem::path const& file) {
    auto const lines = read_records(file);
    if (lines.empty()) {
        throw std::runtime_error("an empty session");
    }
    recorded_session session;
    session.name = file.filename().string();
    session.meta = lines.at(0).fields.at("meta").as_object();
    session.who = cast_of(session.meta);
    session.client_layout = layout_of(session.meta.at("rev"));
    auto const* other = session.meta.if_contains("server_rev");
    session.server_layout = other != nullptr ? layout_of(*other) : session.client_layout;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        try {
            session.events.push_back(read_event(lines[i].fields));
        } catch (std::exception const& error) {
            throw std::runtime_error(lines[i].place + ": " + error.what());
        }
    }
    return session;
}

std::vector<recorded_session> const& sessions() {
    static std::vector<recorded_session> const all = [] {
        std::vector<recorded_session> read;
        for (auto const& file : files_in(sessions_folder(), ".jsonl")) {
            try {
                read.push_back(read_session(file));
            } catch (std::exception const& error) {
                note_unknown(file.filename().string() + ": " + error.what());
            }
        }
        return read;
    }();
    return all;
}

void check_sessions(std::function<bool(recorded_session const&)> const& wanted,
                    std::function<void(recorded_session const&)> const& check) {
    bool found = false;
    for (recorded_session const& session : sessions()) {
        if (!wanted(session)) {
            continue;
        }
        SCOPED_TRACE(session.name);
        found = true;
        check(session);
        count_record();
    }
    if (!found) {
        tell_nothing_found("sessions of this kind in " + sessions_folder().string());
    }
}

release server_release(recorded_session const& session) {
    auto const* server = session.meta.if_contains("server");
    if (server == nullptr) {
        return {};
    }
    std::string const text(server->as_string());
    release found;
    for (char const* from = text.c_str(); *from != '\0'; ++from) {
        if (std::sscanf(from, "%u.%u.%u", &found.major, &found.minor, &found.patch) == 3) {
            return found;
        }
    }
    return {};
}

std::vector<recorded_message> binary_messages(recorded_session const& session) {
    std::vector<websocket_model> from_clients(session.connections(), websocket_model(true));
    std::vector<websocket_model> from_servers(session.connections(), websocket_model(false));
    std::vector<recorded_message> messages;
    for (recorded_event const& each : session.events) {
        if (each.what != traffic::websocket) {
            continue;
        }
        auto& receivers = each.toward == direction::to_server ? from_clients : from_servers;
        if (auto message = receivers[each.connection].take(each)) {
            messages.push_back({each.connection, each.toward, std::move(*message), each.at});
        }
    }
    return messages;
}

std::vector<recorded_message> binary_messages(recorded_session const& session,
                                              std::size_t connection) {
    auto messages = binary_messages(session);
    std::erase_if(messages, [&](auto const& each) { return each.connection != connection; });
    return messages;
}

}  // namespace trunkline::replay
