// The header of one WebSocket frame (RFC 6455 section 5.2): 2 to 14 bytes, lengths big-endian.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/websocket/mask.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace trunkline::websocket {

enum class opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10,
};

[[nodiscard]] constexpr bool is_control(opcode code) noexcept {
    return static_cast<std::uint8_t>(code) >= 8;
}

/// Which end of the connection we are: a client masks what it sends, a server does not.
enum class role : std::uint8_t { server, client };

inline constexpr std::size_t header_size_max = 14;
inline constexpr std::size_t control_payload_size_max = 125;
inline constexpr std::size_t close_reason_size_max = 123;

/// One frame as a whole. `mask` counts only when `masked`.
struct frame_header {
    std::uint64_t payload_size = 0;
    mask_key mask = 0;
    opcode code = opcode::binary;
    bool fin = true;
    bool masked = false;
    bool compressed = false;  ///< the first reserved bit, as permessage-deflate uses it
};

/// Writes the shortest form of `header`, 2 to 14 bytes; returns how many.
std::size_t encode_header(frame_header const& header,
                          std::span<std::byte, header_size_max> to) noexcept;

/// The size of a whole header, in bytes, told by its second byte.
[[nodiscard]] constexpr std::size_t header_size_of(std::byte second) noexcept {
    auto const length = static_cast<unsigned>(second) & 0x7fU;
    std::size_t const extended = length == 126 ? 2 : length == 127 ? 8 : 0;
    return 2 + extended + ((static_cast<unsigned>(second) & 0x80U) != 0 ? 4 : 0);
}

/// Reads a whole header, without judging it: `from` has header_size_of(from[1]) bytes.
[[nodiscard]] frame_header decode_header(std::byte const* from) noexcept;

}  // namespace trunkline::websocket
