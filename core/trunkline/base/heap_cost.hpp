// What a block from the heap really takes.
#pragma once

#include <algorithm>
#include <cstddef>

namespace trunkline {

/// Memory that a heap block of `size` bytes takes, in bytes: with the 8 bytes the allocator keeps
/// beside it, in steps of 16, at least 32; from 128 KiB on whole pages (glibc on 64 bits;
/// others take less or about the same).
/// What a peer makes us hold is charged by this, or many small blocks would pass every bound.
[[nodiscard]] constexpr std::size_t heap_cost(std::size_t size) noexcept {
    constexpr std::size_t kept_beside = 8;
    constexpr std::size_t step = 16;
    constexpr std::size_t least = 32;
    constexpr std::size_t mapped_min = 128 * 1024;
    constexpr std::size_t page = 4096;
    std::size_t const block = (size + kept_beside + step - 1) / step * step;
    if (block >= mapped_min) {
        return (block + kept_beside + page - 1) / page * page;
    }
    return size == 0 ? 0 : std::max(least, block);
}

}  // namespace trunkline
