// What a peer can do wrong on a WebSocket, and how the connection says so: RFC 6455 sections 5
// to 7.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/transport/connection.hpp>

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace trunkline::websocket {

/// How a peer broke the rules of RFC 6455.
enum class websocket_error {
    reserved_bits = 1,        ///< a reserved bit is set that nothing agreed on gives a meaning here
    reserved_opcode,          ///< an opcode that RFC 6455 does not define
    fragmented_control,       ///< a control frame without FIN
    long_control,             ///< a control frame of more than 125 bytes
    unexpected_continuation,  ///< a continuation without a message to continue
    expected_continuation,    ///< a new message inside an unfinished one
    unmasked_frame,           ///< a client's frame without a mask
    masked_frame,             ///< a server's frame with a mask
    non_minimal_length,       ///< a length written longer than needed
    invalid_length,           ///< a 64-bit length with its highest bit set
    frame_too_big,            ///< above the frame limit; decided when the header is read
    message_too_big,          ///< above the message limit; decided when the header is read, or
                              ///< while a compressed message is inflated
    invalid_utf8,             ///< text or close reason that is not UTF-8
    invalid_close_size,       ///< a close payload of one byte
    invalid_close_code,       ///< a close code that must not be on the wire
    text_refused,             ///< text where the option says that only binary messages are taken
    invalid_deflate,          ///< a compressed message that is not DEFLATE, or is cut off
};

/// Any thread.
[[nodiscard]] error_code make_error_code(websocket_error error) noexcept;

/// The code that our Close frame carries for `error` (RFC 6455 section 7.4.1).
[[nodiscard]] transport::close_code close_code_for(websocket_error error) noexcept;

/// One sentence, also the reason text of our Close frame: at most 123 bytes.
[[nodiscard]] std::string_view describe(websocket_error error) noexcept;

}  // namespace trunkline::websocket

template <>
struct boost::system::is_error_code_enum<trunkline::websocket::websocket_error> : std::true_type {};
