// What a client wants, from what it sent: one message in, one wish out (FORMAT.md, "What clients
// say").
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/chat/options.hpp>
#include <trunkline/chat_wire/binary_message.hpp>
#include <trunkline/websocket/protocol.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace trunkline::chat {

enum class wish : std::uint8_t { nothing, say, rename, ping, join, leave };

/// The views look at the message.
struct intent {
    wish what = wish::nothing;
    bytes_view text;        ///< say, join: any bytes; rename: the name, in UTF-8
    std::string_view room;  ///< say, ping: where, if that is a room of the speaker; join, leave: of
};

/// The layout of the binary messages of one client: not known before the first that is one.
using known_layout = std::optional<chat_wire::binary_layout>;

/// What cannot be read wishes nothing. Of the binary protocol the first message that is whole in a
/// layout decides which one it is.
[[nodiscard]] intent understand(protocol spoken, websocket::message_kind kind, bytes_view message,
                                known_layout& layout);

}  // namespace trunkline::chat
