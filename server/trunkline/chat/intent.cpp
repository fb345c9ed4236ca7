#include <trunkline/chat/intent.hpp>

#include <trunkline/chat_wire/name_command.hpp>

namespace trunkline::chat {
namespace {

using chat_wire::binary_layout;
using chat_wire::message_type;
using websocket::message_kind;

intent understand_text(protocol spoken, bytes_view message) {
    auto const name = chat_wire::asked_name(as_text(message));
    if (!name) {
        return {.what = wish::say, .text = message, .room = {}};
    }
    if (name->empty() && spoken == protocol::json) {
        return {};
    }
    return {.what = wish::rename, .text = as_bytes(*name), .room = {}};
}

intent understand_binary(bytes_view message, known_layout& layout) {
    if (!layout) {
        layout = chat_wire::recognise_layout(message);
    }
    auto const read = chat_wire::decode_binary(message, layout.value_or(binary_layout::published));
    if (!read) {
        return {};
    }
    auto const& said = read->message;
    switch (said.type) {
        case message_type::chat:
            return {.what = wish::say, .text = said.payload, .room = said.room};
        case message_type::ping:
            return {.what = wish::ping, .text = {}, .room = said.room};
        case message_type::join:
            return {.what = wish::join, .text = said.payload, .room = said.room};
        case message_type::leave:
            return {.what = wish::leave, .text = {}, .room = said.room};
        case message_type::system:
        case message_type::pong:
        case message_type::ack:
            break;
    }
    return {};
}

}  // namespace

intent understand(protocol spoken, message_kind kind, bytes_view message, known_layout& layout) {
    if (kind == message_kind::text) {
        return understand_text(spoken, message);
    }
    return spoken == protocol::binary ? understand_binary(message, layout) : intent();
}

}  // namespace trunkline::chat
