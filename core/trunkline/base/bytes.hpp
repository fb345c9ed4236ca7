// Spans of bytes and little-endian numbers: the vocabulary that every format of Trunkline is
// written in.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace trunkline {

/// Read-only bytes that somebody else owns. Whoever hands one out says until when it stays valid.
using bytes_view = std::span<std::byte const>;

/// Writable bytes that somebody else owns.
using mutable_bytes = std::span<std::byte>;

/// The characters of `text` as bytes; valid as long as the characters are.
[[nodiscard]] inline bytes_view as_bytes(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// The bytes as characters; no check of their encoding.
[[nodiscard]] inline std::string_view as_text(bytes_view bytes) noexcept {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// Reads a little-endian unsigned number from the first sizeof(Number) bytes at `from`.
template <std::unsigned_integral Number>
[[nodiscard]] inline Number load_le(std::byte const* from) noexcept {
    static_assert(std::endian::native == std::endian::little,
                  "big-endian hosts need a byte swap here");
    Number value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

/// Writes `value` little-endian into sizeof(Number) bytes at `to`.
template <std::unsigned_integral Number>
inline void store_le(std::byte* to, Number value) noexcept {
    static_assert(std::endian::native == std::endian::little,
                  "big-endian hosts need a byte swap here");
    std::memcpy(to, &value, sizeof value);
}

}  // namespace trunkline
