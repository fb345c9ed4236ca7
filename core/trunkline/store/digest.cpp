#include <trunkline/store/digest.hpp>

#include <trunkline/store/checksum_algebra.hpp>

#include <libdeflate.h>
#include <trunkline/store/inline_hash.hpp>

namespace trunkline::store {

std::uint64_t hash_key(bytes_view key) noexcept {
    return inline_hash_key(key);
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
    return checksum_algebra::byte_powers::table().shift(first, second_size) ^ second;
}

namespace checksum_algebra {

byte_powers::byte_powers() noexcept {
    auto base = times_x(one, 8);
    for (auto& row : digits_) {
        row[0] = one;
        for (std::size_t digit = 1; digit < row.size(); ++digit) {
            row[digit] = multiply(row[digit - 1], base);
        }
        base = multiply(row.back(), base);
    }
}

byte_powers const& byte_powers::table() noexcept {
    static byte_powers const instance;
    return instance;
}

}  // namespace checksum_algebra
}  // namespace trunkline::store
