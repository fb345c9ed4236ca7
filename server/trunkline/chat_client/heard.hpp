// What a server said, whichever of the two published protocols it speaks, and how it is shown.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/chat_wire/message_type.hpp>
#include <trunkline/websocket/protocol.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace trunkline::chat_client {

/// A value.
struct heard {
    /// Nothing: the bytes are no message of the chat, and stand in `text` as they came.
    std::optional<chat_wire::message_type> type;
    std::string name;                     ///< who speaks
    std::string text;                     ///< what is said
    std::string time;                     ///< of the day: HH:MM:SS
    std::optional<std::uint64_t> number;  ///< of the message; the plain server has none
    std::optional<std::uint64_t> user;    ///< number of the speaker; likewise
    std::string room;                     ///< where it is said; empty: not told
};

/// Of one WebSocket message: JSON in text, the binary layout in binary. The time of a binary one is
/// that of this machine's zone. Any thread.
[[nodiscard]] heard understand(websocket::message_kind kind, bytes_view message);

/// `12:00:01 Ann: hello`; `12:00:01 * Ann joined` for what nobody speaks; with `[room]` in front
/// where it is said elsewhere than in `here`. What would move a terminal's cursor or colours is
/// replaced by U+FFFD.
[[nodiscard]] std::string shown(heard const& what, std::string_view here);

/// One JSON object: type, name, text, time, and number, user and room where they are told; of what
/// is no message, `raw` alone.
[[nodiscard]] std::string as_json(heard const& what);

}  // namespace trunkline::chat_client
