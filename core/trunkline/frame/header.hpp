// The header of a frame in both published layouts (FORMAT.md, "Header").
#pragma once

#include <trunkline/base/bytes.hpp>

#include <cstddef>
#include <cstdint>

namespace trunkline::frame {

/// The two published header layouts. Fixed per connection, for both directions.
enum class layout : std::uint8_t {
    a,  ///< 21 bytes, with the time of sending (muxio 0.4 to 0.14)
    b,  ///< 13 bytes (muxio 0.15 and later)
};

/// What a frame is.
enum class kind : std::uint8_t { open = 0, data = 1, end = 2, cancel = 3, pong = 4, ping = 5 };

inline constexpr std::uint8_t kind_max = 5;  ///< the highest kind that is known

inline constexpr std::uint8_t extension_kind_min = 16;  ///< of frames that peers agree on
inline constexpr std::uint8_t extension_kind_max = 31;  ///< of frames that peers agree on

/// Whether a frame is one that two peers have to agree on first (extension/FORMAT.md).
[[nodiscard]] constexpr bool is_extension_kind(std::uint8_t kind_byte) noexcept {
    return kind_byte >= extension_kind_min && kind_byte <= extension_kind_max;
}

inline constexpr std::size_t payload_size_offset = 0;  ///< in bytes, in both layouts
inline constexpr std::size_t stream_id_offset = 4;     ///< in bytes, in both layouts
inline constexpr std::size_t sequence_offset = 8;      ///< in bytes, in both layouts
inline constexpr std::size_t kind_offset = 12;         ///< in bytes, in both layouts
inline constexpr std::size_t sent_at_offset = 13;      ///< layout a only

inline constexpr std::size_t header_size_a = 21;               ///< bytes
inline constexpr std::size_t header_size_b = 13;               ///< bytes
inline constexpr std::size_t header_size_max = header_size_a;  ///< bytes

/// Bytes of a header.
[[nodiscard]] constexpr std::size_t header_size(layout of) noexcept {
    return of == layout::a ? header_size_a : header_size_b;
}

/// The fields of a header. `kind_byte` stays a plain number: kinds above kind_max exist on the wire
/// and are skipped.
struct header {
    std::uint32_t payload_size = 0;  ///< bytes behind the header
    std::uint32_t stream_id = 0;     ///< which stream the frame belongs to
    std::uint32_t sequence = 0;      ///< number of the frame in its stream, from 0
    std::uint8_t kind_byte = 0;      ///< what the frame is; open to numbers that are not known
    std::uint64_t sent_at_us =
        0;  ///< microseconds since 1970 UTC; layout a only, written by senders, never relied on
};

/// Writes the header in `of`; returns its size. `to` has room for header_size_max bytes.
std::size_t encode_header(header const& fields, layout of,
                          std::span<std::byte, header_size_max> to) noexcept;

/// Reads a header; `from` holds at least header_size(of) bytes. Never fails: limits and kinds are
/// the caller's to check.
[[nodiscard]] header decode_header(bytes_view from, layout of) noexcept;

}  // namespace trunkline::frame
