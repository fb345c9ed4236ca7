// Columns as they are read: the values of one leaf of a type, for the whole message (FORMAT.md,
// "Columns").
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/bitcode/input.hpp>
#include <trunkline/bitcode/packing.hpp>

#include <cstddef>
#include <cstdint>

namespace trunkline::bitcode {

/// Integers of any width; the bytes behind it live in the input or its arena.
struct integer_column {
    bytes_view bytes;
    std::uint8_t width = 1;  ///< bytes per value as stored
    std::uint64_t minimum = 0;

    /// Modulo 2^64; the low bytes are the value.
    [[nodiscard]] std::uint64_t operator[](std::size_t index) const noexcept;
};

/// How long each of a number of lists is, in order.
class length_column {
public:
    /// The length of the next list; called as often as there are lists, at most.
    [[nodiscard]] std::size_t next() noexcept {
        auto const small = static_cast<std::uint8_t>(small_[index_++]);
        return small < 255 ? small : static_cast<std::size_t>(large_[large_index_++]);
    }

    /// Of all lists together; below 2^63 / 4096.
    [[nodiscard]] std::size_t total() const noexcept { return total_; }

private:
    friend bool read_lengths(input& in, std::size_t count, length_column& column);

    bytes_view small_;
    integer_column large_;
    std::size_t index_ = 0;
    std::size_t large_index_ = 0;
    std::size_t total_ = 0;
};

/// Each reads one column of `count` values. False on failure (input::error()). Nothing is allocated
/// before the bytes for it are known to be there.
[[nodiscard]] bool read_digits(input& in, std::size_t count, digit_base base, std::uint8_t minimum,
                               bytes_view& values);
[[nodiscard]] bool read_bytes(input& in, std::size_t count, bytes_view& values);
/// `size`: bytes of the integer type, 1 to 8.
[[nodiscard]] bool read_integers(input& in, std::size_t count, std::size_t size,
                                 integer_column& column);
[[nodiscard]] bool read_lengths(input& in, std::size_t count, length_column& column);

/// Numbers below `variants` (2 to 256).
[[nodiscard]] bool read_variants(input& in, std::size_t count, std::size_t variants,
                                 bytes_view& values);

/// The joined bytes of `count` texts: valid UTF-8, no text begins inside a character.
[[nodiscard]] bool read_texts(input& in, std::size_t count, length_column& lengths,
                              bytes_view& joined);

}  // namespace trunkline::bitcode
