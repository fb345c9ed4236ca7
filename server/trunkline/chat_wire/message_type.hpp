// What a message of the chat is, on the wire of the fast server and of the plain one.
#pragma once

#include <cstdint>

namespace trunkline::chat_wire {

/// With the numbers of the published binary layout. The plain server has the first four, by name.
enum class message_type : std::uint8_t {
    chat,    ///< somebody speaks
    join,    ///< a notice, or the wish to join a room
    leave,   ///< a notice, or the wish to leave a room
    system,  ///< welcome, rename
    ping,    ///< a client asks
    pong,    ///< the server answers
    ack,     ///< never sent, and dropped
};

/// How many there are.
inline constexpr std::uint8_t message_types = 7;

}  // namespace trunkline::chat_wire
