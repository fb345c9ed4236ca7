// One frame of WebSocket as a value, written and read byte by byte: with every flaw it may have.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/websocket/frame_header.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::conform {

/// One frame of WebSocket, with the flaws that are wanted. A value.
struct web_frame {
    websocket::opcode code = websocket::opcode::binary;
    std::string payload;
    bool fin = true;
    bool masked = true;
    std::uint8_t reserved = 0;                        ///< three bits; RSV1 is 4
    std::optional<std::uint64_t> declared_size = {};  ///< where it is not that of the payload

    /// The code of a Close; none where it carries none, or is none.
    [[nodiscard]] std::optional<std::uint16_t> close_code() const;
};

/// As it travels.
[[nodiscard]] std::string encode(web_frame const& one);

/// A Close.
[[nodiscard]] web_frame close_of(std::uint16_t code, std::string_view reason);

/// The next frame, without its mask, taken off the front of `input`. Empty: it is not whole yet.
/// Fails with frame_too_big where it declares more than `payload_size_max` bytes.
[[nodiscard]] result<std::optional<web_frame>> next_web_frame(
    bytes_view& input, std::size_t payload_size_max = websocket_limits{}.message_size_max);

}  // namespace trunkline::conform
