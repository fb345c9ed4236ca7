// Messages in pieces, as a WebSocket connection gives and takes them where text and binary both
// count.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/websocket/protocol.hpp>

#include <cstddef>
#include <cstdint>

namespace trunkline::websocket {

/// Received: a view into the buffer given to the read. Empty only where a message ends.
struct message_piece {
    bytes_view bytes;
    message_kind kind;
    bool ends_message;
};

/// To be sent. Text must be UTF-8: it is not checked.
struct message_segment {
    bytes_view bytes;
    std::uint64_t message_size;  ///< where `begins`: all bytes of the message, 0 allowed
    message_kind kind;           ///< where `begins`
    bool begins;                 ///< the first segment of its message
};

/// How far a send came.
struct send_result {
    transport::io_status status = transport::io_status::ok;  ///< ok: everything was taken
    std::size_t segments = 0;                                ///< taken as a whole
    std::size_t offset = 0;                                  ///< bytes taken of the next one
    bool moved = false;  ///< the link took something, if only what had waited in the connection
    error_code error;
};

}  // namespace trunkline::websocket
