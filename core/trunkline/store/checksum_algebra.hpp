// Arithmetic on checksums: polynomials over GF(2) modulo that of CRC-32, in the reflected order of
// the checksum, where the top bit is the coefficient of x^0.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace trunkline::store::checksum_algebra {

inline constexpr std::uint32_t polynomial = 0xedb88320;
inline constexpr std::uint32_t one = 0x80000000;

[[nodiscard]] constexpr std::uint32_t times_x(std::uint32_t value, int times = 1) noexcept {
    for (; times != 0; --times) {
        value = (value & 1) != 0 ? (value >> 1) ^ polynomial : value >> 1;
    }
    return value;
}

/// entries[v] is v times x to the power of `bits`, for all v of `bits` bits.
template <int bits>
[[nodiscard]] constexpr auto make_steps() noexcept {
    std::array<std::uint32_t, std::size_t{1} << bits> entries{};
    for (std::uint32_t value = 0; value < entries.size(); ++value) {
        entries[value] = times_x(value, bits);
    }
    return entries;
}

inline constexpr auto nibble_steps = make_steps<4>();
inline constexpr auto byte_steps = make_steps<8>();

[[nodiscard]] constexpr std::uint32_t multiply(std::uint32_t left, std::uint32_t right) noexcept {
    // right times each polynomial of degree 3 at most.
    std::array<std::uint32_t, 16> small{};
    for (std::size_t bit = 8; bit != 0; bit /= 2) {
        small[bit] = right;
        right = times_x(right);
    }
    for (std::size_t value = 3; value < small.size(); ++value) {
        auto const lowest = value & (0 - value);
        small[value] = small[lowest] ^ small[value ^ lowest];
    }
    std::uint32_t product = 0;
    for (int digit = 0; digit < 8; ++digit, left >>= 4) {
        product = (product >> 4) ^ nibble_steps[product & 15] ^ small[left & 15];
    }
    return product;
}

/// x to the power of 8 * n: what n bytes behind it do to a checksum.
class byte_powers {
public:
    static constexpr unsigned digit_bits = 10;

    /// Made once, by the first who asks.
    [[nodiscard]] static byte_powers const& table() noexcept;

    /// `bytes` below 1 << digit_bits.
    [[nodiscard]] std::uint32_t small(std::uint64_t bytes) const noexcept {
        return digits_[0][bytes];
    }

    /// The checksum behind which `bytes` zero bytes stand. `bytes` below 2^50.
    [[nodiscard]] std::uint32_t shift(std::uint32_t checksum, std::uint64_t bytes) const noexcept {
        for (std::size_t i = 0; bytes != 0 && checksum != 0; ++i, bytes >>= digit_bits) {
            if (auto const digit = bytes & (digits_[i].size() - 1); digit != 0) {
                checksum = multiply(digits_[i][digit], checksum);
            }
        }
        return checksum;
    }

private:
    byte_powers() noexcept;

    std::array<std::array<std::uint32_t, std::size_t{1} << digit_bits>, 5> digits_;
};

}  // namespace trunkline::store::checksum_algebra
