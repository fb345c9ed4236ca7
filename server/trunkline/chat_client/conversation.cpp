#include <trunkline/chat_client/conversation.hpp>

#include <trunkline/chat_client/typed_line.hpp>

#include <algorithm>
#include <vector>

namespace trunkline::chat_client {

using chat_wire::message_type;
using websocket::message_kind;

namespace {

constexpr std::size_t room_name_size_max = 64;

}  // namespace

void conversation::connected() {
    spoken_ = given_;
    last_id_ = 0;
    if (can_speak()) {
        say_name();
    }
}

void conversation::hear(message_kind kind, bytes_view message) {
    if (!can_speak()) {
        spoken_ = kind == message_kind::binary ? dialect::binary : dialect::json;
        say_name();
    }
    world_.show(understand(kind, message), room_);
}

void conversation::type(std::string_view line) {
    auto const [what, text] = understand(line);
    switch (what) {
        case wish::nothing:
            break;
        case wish::say:
            say(text);
            break;
        case wish::name:
            name_ = text;
            say_name();
            break;
        case wish::ping:
            ping();
            break;
        case wish::room:
            enter(text);
            break;
        case wish::quit:
            world_.quit();
            break;
    }
}

void conversation::say(std::string_view text) {
    if (spoken_ == dialect::binary) {
        send_binary(message_type::chat, room_, text);
    } else {
        world_.send(message_kind::text, as_bytes(text));
    }
}

// By text with both servers: the fast one takes a name from nothing else.
void conversation::say_name() {
    if (!name_.empty()) {
        world_.send(message_kind::text, as_bytes("/name " + name_));
    }
}

void conversation::ping() {
    if (spoken_ == dialect::binary) {
        send_binary(message_type::ping, room_, {});
    } else {
        world_.hint("the JSON protocol has no ping");
    }
}

// In the binary protocol a connection may be in several rooms; here it is in the one where it began
// and in one more. In the other protocol it is in one for as long as it lives.
void conversation::enter(std::string_view name) {
    if (name.size() > room_name_size_max) {
        world_.hint("the name of a room has at most 64 bytes");
        return;
    }
    if (name == room_) {
        return;
    }
    if (spoken_ == dialect::json) {
        start_ = room_ = name;
        world_.move_to(room_);
        return;
    }
    if (room_ != start_) {
        send_binary(message_type::leave, room_, {});
    }
    room_ = name;
    if (room_ != start_) {
        send_binary(message_type::join, room_, {});
    }
}

// As the published client does: no name, no number of ours; the server knows both.
void conversation::send_binary(message_type type, std::string_view room, std::string_view text) {
    chat_wire::binary_message message;
    message.id = ++last_id_;
    message.type = type;
    message.room = room;
    std::vector<std::byte> bytes(chat_wire::binary_size(message, text.size()));
    std::ranges::copy(as_bytes(text),
                      chat_wire::encode_binary_around(message, text.size(), bytes).begin());
    world_.send(message_kind::binary, bytes);
}

}  // namespace trunkline::chat_client
