#include <trunkline/store/digest.hpp>

#include <libdeflate.h>
#include <xxhash.h>

#include <algorithm>
#include <array>

namespace trunkline::store {
namespace {

// Polynomials over GF(2) modulo that of CRC-32, in the reflected order of the checksum: the top bit
// is the coefficient of x^0.
inline constexpr std::uint32_t polynomial = 0xedb88320;
inline constexpr std::uint32_t one = 0x80000000;

constexpr std::uint32_t times_x(std::uint32_t value) noexcept {
    return (value & 1) != 0 ? (value >> 1) ^ polynomial : value >> 1;
}

constexpr std::uint32_t multiply(std::uint32_t left, std::uint32_t right) noexcept {
    std::uint32_t product = 0;
    for (; left != 0; left <<= 1) {
        if ((left & one) != 0) {
            product ^= right;
        }
        right = times_x(right);
    }
    return product;
}

inline constexpr unsigned digit_bits = 4;
inline constexpr unsigned digits = 64 / digit_bits;
using digit_powers = std::array<std::uint32_t, 1U << digit_bits>;

// powers[i][d] is x to the power of 8 * d * 16^i: what d * 16^i bytes behind do to a checksum.
constexpr std::array<digit_powers, digits> make_powers() noexcept {
    std::array<digit_powers, digits> powers{};
    std::uint32_t base = one;
    for (int bit = 0; bit < 8; ++bit) {
        base = times_x(base);
    }
    for (auto& row : powers) {
        row[0] = one;
        for (std::size_t digit = 1; digit < row.size(); ++digit) {
            row[digit] = multiply(row[digit - 1], base);
        }
        base = multiply(row.back(), base);
    }
    return powers;
}

inline constexpr auto powers = make_powers();

std::uint32_t shift(std::uint32_t checksum, std::uint64_t bytes) noexcept {
    for (unsigned i = 0; bytes != 0; ++i, bytes >>= digit_bits) {
        if (auto const digit = bytes & ((1U << digit_bits) - 1); digit != 0) {
            checksum = multiply(powers[i][digit], checksum);
        }
    }
    return checksum;
}

inline constexpr std::uint64_t block_size = 1024;

}  // namespace

std::uint64_t hash_key(bytes_view key) noexcept {
    return XXH3_64bits(key.data(), key.size());
}

// A null pointer would make libdeflate start afresh, so no bytes are answered without it.
std::uint32_t checksum_of(bytes_view payload) noexcept {
    return extend_checksum(0, payload);
}

std::uint32_t extend_checksum(std::uint32_t checksum, bytes_view more) noexcept {
    return more.empty() ? checksum : libdeflate_crc32(checksum, more.data(), more.size());
}

std::array<std::byte, 16> namespaced_key(bytes_view name_space, bytes_view key) noexcept {
    std::array<std::byte, 16> bytes;
    store_le(bytes.data(), hash_key(name_space));
    store_le(bytes.data() + 8, hash_key(key));
    return bytes;
}

std::uint32_t combine_checksums(std::uint32_t first, std::uint32_t second,
                                std::uint64_t second_size) noexcept {
    return shift(first, second_size) ^ second;
}

std::uint32_t range_checksums::of(std::uint64_t begin, std::uint64_t end) {
    auto const size = end - begin;
    if (size > 2 * block_size) {
        if (prefixes_.empty() && read_directly_ > 2 * bytes_.size()) {
            build_prefixes();
        }
        if (!prefixes_.empty()) {
            return prefix(end) ^ shift(prefix(begin), size);
        }
    }
    read_directly_ += size;
    return checksum_of(bytes_.subspan(begin, size));
}

std::uint32_t range_checksums::prefix(std::uint64_t end) const noexcept {
    auto const block = end / block_size;
    auto const rest = bytes_.subspan(block * block_size, end % block_size);
    return extend_checksum(prefixes_[block], rest);
}

void range_checksums::build_prefixes() {
    prefixes_.reserve(bytes_.size() / block_size + 1);
    std::uint32_t checksum = 0;
    prefixes_.push_back(checksum);
    for (std::uint64_t at = 0; at + block_size <= bytes_.size(); at += block_size) {
        checksum = libdeflate_crc32(checksum, bytes_.data() + at, block_size);
        prefixes_.push_back(checksum);
    }
}

}  // namespace trunkline::store
