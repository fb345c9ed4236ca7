// The numbers of the extension (FORMAT.md).
#pragma once

#include <trunkline/base/limits.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trunkline::extension {

/// The version of the extension that we speak.
inline constexpr std::uint8_t version = 1;

/// The subprotocol of WebSocket that stands for it.
inline constexpr std::string_view subprotocol = "trunkline.1";

/// The method by which it is agreed on elsewhere.
inline constexpr std::string_view hello_method = "trunkline.hello";

/// What may be agreed on beside, by a second byte of the call and of its answer: each frame with
/// its checks.
inline constexpr std::uint8_t checked_frames = 1;

/// What a frame is, beside the published kinds (frame::kind).
enum class kind : std::uint8_t {
    header = 16,   ///< fields of the stream that begins next
    credit = 17,   ///< a stream may carry more
    reset = 18,    ///< a call, or its answer, is given up
    ping = 19,     ///< to be answered with the same payload
    pong = 20,     ///< the answer to a ping
    go_away = 21,  ///< no new calls are taken
};

inline constexpr std::uint8_t kind_known = 21;  ///< the highest kind that is known

/// Why a call or an answer was given up, or a peer goes away.
enum class code : std::uint32_t {
    none = 0,        ///< no reason is given
    cancelled = 1,   ///< given up by whoever made the call
    deadline = 2,    ///< its time has passed
    refused = 3,     ///< nothing of it has been done
    flow = 4,        ///< more was sent than there was credit for
    limit = 5,       ///< a limit of the receiver
    going_away = 6,  ///< as refused: no more calls are taken
};

/// Whether a go-away with it says that the connection is being closed, and why: then it is a code
/// of RFC 6455 section 7.4.
[[nodiscard]] constexpr bool is_close_code(code which) noexcept {
    auto const number = static_cast<std::uint32_t>(which);
    return number >= 1000 && number <= 4999;
}

inline constexpr std::size_t header_size_max = 16 * kib;      ///< bytes of one header frame
inline constexpr std::size_t metadata_entries_max = 64;       ///< in one header
inline constexpr std::size_t headers_ahead_max = 16;          ///< whose stream has not begun
inline constexpr std::size_t ping_size_max = 64;              ///< bytes that a ping carries
inline constexpr std::size_t text_size_max = 256;             ///< bytes of the text of a go-away
inline constexpr std::size_t control_size_max = 512;          ///< bytes of any frame but header
inline constexpr std::size_t control_queued_mark = 64 * kib;  ///< bytes; above it nothing is read

}  // namespace trunkline::extension
