// Finds the places in a file that may be trailers by the zero bytes that every trailer in it has.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/store/entry.hpp>

#include <cstdint>

namespace trunkline::store {

/// What the bytes say about 64 offsets as the begins of trailers; bit i is about offset + i.
struct possible_trailers {
    std::uint64_t offset = 0;       ///< a multiple of 64
    std::uint64_t first = 0;        ///< a trailer that names 0 and is not all zero
    std::uint64_t later = 0;        ///< one that may name another place in the file
    std::uint64_t no_checksum = 0;  ///< its checksum is zero
};

/// Goes through the places from `begin` on where a trailer that ends at most at `end` can begin,
/// 64 at a time; nearly no offset of ordinary data is one. Reads no byte behind `end`, and before
/// `begin` only those of the same 64.
class trailer_scan {
public:
    trailer_scan(bytes_view file, std::uint64_t begin, std::uint64_t end) noexcept;

    /// Finds the next 64 offsets among which any may be; false when there are none.
    [[nodiscard]] bool next(possible_trailers& found) noexcept;

private:
    static constexpr std::uint64_t step = 64;

    [[nodiscard]] std::uint64_t zeros_at(std::uint64_t offset) const noexcept;

    bytes_view bytes_;
    std::uint64_t begin_;
    std::uint64_t at_;
    unsigned high_zeros_;  // how many of the highest bytes of an offset in the file are zero
    std::uint64_t ahead_;  // the zero bytes at at_
};

}  // namespace trunkline::store
