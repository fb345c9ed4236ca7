// Products of checksums, as fast as the processor can.
#pragma once

#include <cstdint>
#include <span>

namespace trunkline::store::checksum_algebra {

struct factors {
    std::uint32_t first;
    std::uint32_t second;
    std::uint32_t third;
};

/// multiply(multiply(first, second), third), by carry-less multiplication where the processor has
/// it.
[[nodiscard]] std::uint32_t product(factors const& of) noexcept;

/// The product of each, to `to` and behind it. Many at once cost less.
void multiply_all(std::span<factors const> of, std::uint32_t* to) noexcept;

}  // namespace trunkline::store::checksum_algebra
