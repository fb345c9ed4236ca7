#include <trunkline/chat_client/heard.hpp>

#include <trunkline/chat_wire/binary_message.hpp>
#include <trunkline/chat_wire/json_message.hpp>
#include <trunkline/chat_wire/utf8_repair.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <ctime>
#include <span>
#include <string_view>
#include <utility>

namespace trunkline::chat_client {
namespace {

using chat_wire::message_type;

constexpr std::array<std::string_view, chat_wire::message_types> names{
    "chat", "join", "leave", "system", "ping", "pong", "ack"};

std::string local_time_of_day(std::int64_t ms) {
    std::time_t const seconds = ms / 1000;
    std::tm parts{};
    if (::localtime_r(&seconds, &parts) == nullptr) {
        return "--:--:--";
    }
    std::array<char, sizeof "HH:MM:SS"> text{};
    std::strftime(text.data(), text.size(), "%H:%M:%S", &parts);
    return text.data();
}

std::string repaired(bytes_view text) {
    std::string made(chat_wire::repaired_size(text), '\0');
    chat_wire::repair_utf8(text, std::as_writable_bytes(std::span(made)));
    return made;
}

std::optional<heard> understand_binary(bytes_view message) {
    auto const layout = chat_wire::recognise_layout(message);
    auto const read =
        chat_wire::decode_binary(message, layout.value_or(chat_wire::binary_layout::published));
    if (!read) {
        return std::nullopt;
    }
    auto const& told = read->message;
    return heard{.type = told.type,
                 .name = std::string(told.username),
                 .text = repaired(told.payload),
                 .time = local_time_of_day(told.time_ms),
                 .number = told.id,
                 .user = told.user,
                 .room = std::string(told.room)};
}

std::optional<heard> understand_json(bytes_view message) {
    auto read = chat_wire::decode_json(as_text(message));
    if (!read) {
        return std::nullopt;
    }
    return heard{.type = read->type,
                 .name = std::move(read->username),
                 .text = std::move(read->content),
                 .time = std::move(read->time_of_day),
                 .number = {},
                 .user = {},
                 .room = {}};
}

// Control characters of ASCII, and those of ISO 8859-1 as UTF-8, would be taken by the terminal.
std::string printable(std::string_view text) {
    static constexpr std::string_view replacement = "\xef\xbf\xbd";
    std::string made;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const byte = static_cast<unsigned char>(text[i]);
        bool const two =
            byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f || two) {
            made += replacement;
            i += two ? 1 : 0;
        } else {
            made += text[i];
        }
    }
    return made;
}

}  // namespace

heard understand(websocket::message_kind kind, bytes_view message) {
    auto made = kind == websocket::message_kind::binary ? understand_binary(message)
                                                        : understand_json(message);
    if (made) {
        return std::move(*made);
    }
    heard raw;
    raw.text = repaired(message);
    return raw;
}

std::string shown(heard const& what, std::string_view here) {
    if (!what.type) {
        return printable(what.text);
    }
    std::string line = what.room.empty() || what.room == here ? "" : '[' + what.room + "] ";
    line += what.time;
    if (what.type == message_type::chat) {
        line += ' ' + what.name + ": " + what.text;
    } else if (what.type == message_type::pong) {
        line += " * pong";
    } else {
        line += " * " + what.text;
    }
    return printable(line);
}

std::string as_json(heard const& what) {
    boost::json::object made;
    if (!what.type) {
        made["raw"] = what.text;
        return boost::json::serialize(made);
    }
    made["type"] = names[static_cast<std::size_t>(*what.type)];
    made["name"] = what.name;
    made["text"] = what.text;
    made["time"] = what.time;
    if (what.number) {
        made["number"] = *what.number;
    }
    if (what.user) {
        made["user"] = *what.user;
    }
    if (!what.room.empty()) {
        made["room"] = what.room;
    }
    return boost::json::serialize(made);
}

}  // namespace trunkline::chat_client
