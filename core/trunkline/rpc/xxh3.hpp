// XXH3-64 with seed 0 and the default secret, as constant expressions: ids of methods are made
// while compiling. Everything else hashes with libxxhash.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trunkline::rpc::detail {

inline constexpr std::uint64_t prime32_1 = 0x9e3779b1;
inline constexpr std::uint64_t prime32_2 = 0x85ebca77;
inline constexpr std::uint64_t prime32_3 = 0xc2b2ae3d;
inline constexpr std::uint64_t prime64_1 = 0x9e3779b185ebca87;
inline constexpr std::uint64_t prime64_2 = 0xc2b2ae3d27d4eb4f;
inline constexpr std::uint64_t prime64_3 = 0x165667b19e3779f9;
inline constexpr std::uint64_t prime64_4 = 0x85ebca77c2b2ae63;
inline constexpr std::uint64_t prime64_5 = 0x27d4eb2f165667c5;
inline constexpr std::uint64_t mix_1 = 0x165667919e3779f9;
inline constexpr std::uint64_t mix_2 = 0x9fb21c651e98df25;

/// The default secret, 192 bytes as 24 little-endian words.
inline constexpr std::array<std::uint64_t, 24> xxh3_secret = {
    0xbe4ba423396cfeb8, 0x1cad21f72c81017c, 0xdb979083e96dd4de, 0x1f67b3b7a4a44072,
    0x78e5c0cc4ee679cb, 0x2172ffcc7dd05a82, 0x8e2443f7744608b8, 0x4c263a81e69035e0,
    0xcb00c391bb52283c, 0xa32e531b8b65d088, 0x4ef90da297486471, 0xd8acdea946ef1938,
    0x3f349ce33f76faa8, 0x1d4f0bc7c7bbdcf9, 0x3159b4cd4be0518a, 0x647378d9c97e9fc8,
    0xc3ebd33483acc5ea, 0xeb6313faffa081c5, 0x49daf0b751dd0d17, 0x9e68d429265516d3,
    0xfca1477d58be162b, 0xce31d07ad1b8f88f, 0x280416958f3acb45, 0x7e404bbbcafbd7af,
};

inline constexpr std::size_t secret_size = 192;
inline constexpr std::size_t stripe_size = 64;
inline constexpr std::size_t secret_step = 8;  // from one stripe to the next
inline constexpr std::size_t stripes_per_block = (secret_size - stripe_size) / secret_step;

/// Eight bytes of the secret from any place.
constexpr std::uint64_t secret_at(std::size_t offset) noexcept {
    std::uint64_t const low = xxh3_secret[offset / 8];
    unsigned const shift = offset % 8 * 8;
    return shift == 0 ? low : low >> shift | xxh3_secret[offset / 8 + 1] << (64 - shift);
}

constexpr std::uint64_t read_le(std::string_view text, std::size_t offset,
                                std::size_t size) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) {
        value = value << 8 | static_cast<unsigned char>(text[offset + i]);
    }
    return value;
}

constexpr std::uint64_t read64(std::string_view text, std::size_t offset) noexcept {
    return read_le(text, offset, 8);
}

constexpr std::uint64_t swap_bytes(std::uint64_t value, std::size_t size) noexcept {
    std::uint64_t swapped = 0;
    for (std::size_t i = 0; i < size; ++i) {
        swapped = swapped << 8 | (value >> (8 * i) & 0xff);
    }
    return swapped;
}

/// The two halves of the 128-bit product, combined.
constexpr std::uint64_t fold_product(std::uint64_t a, std::uint64_t b) noexcept {
    std::uint64_t const low_low = (a & 0xffffffff) * (b & 0xffffffff);
    std::uint64_t const high_low = (a >> 32) * (b & 0xffffffff);
    std::uint64_t const low_high = (a & 0xffffffff) * (b >> 32);
    std::uint64_t const high_high = (a >> 32) * (b >> 32);
    std::uint64_t const cross = (low_low >> 32) + (high_low & 0xffffffff) + low_high;
    std::uint64_t const upper = (high_low >> 32) + (cross >> 32) + high_high;
    std::uint64_t const lower = cross << 32 | (low_low & 0xffffffff);
    return upper ^ lower;
}

constexpr std::uint64_t avalanche(std::uint64_t hash) noexcept {
    hash ^= hash >> 37;
    hash *= mix_1;
    return hash ^ hash >> 32;
}

constexpr std::uint64_t short_avalanche(std::uint64_t hash) noexcept {
    hash ^= hash >> 33;
    hash *= prime64_2;
    hash ^= hash >> 29;
    hash *= prime64_3;
    return hash ^ hash >> 32;
}

constexpr std::uint64_t hash_up_to_16(std::string_view text) noexcept {
    std::size_t const size = text.size();
    if (size > 8) {
        std::uint64_t const low = read64(text, 0) ^ secret_at(24) ^ secret_at(32);
        std::uint64_t const high = read64(text, size - 8) ^ secret_at(40) ^ secret_at(48);
        return avalanche(size + swap_bytes(low, 8) + high + fold_product(low, high));
    }
    if (size >= 4) {
        std::uint64_t const joined = read_le(text, size - 4, 4) + (read_le(text, 0, 4) << 32);
        std::uint64_t hash = joined ^ secret_at(8) ^ secret_at(16);
        hash ^= std::rotl(hash, 49) ^ std::rotl(hash, 24);
        hash *= mix_2;
        hash ^= (hash >> 35) + size;
        hash *= mix_2;
        return hash ^ hash >> 28;
    }
    if (size > 0) {
        std::uint64_t const joined = read_le(text, 0, 1) << 16 | read_le(text, size / 2, 1) << 24 |
                                     read_le(text, size - 1, 1) | size << 8;
        std::uint64_t const secret = (secret_at(0) & 0xffffffff) ^ secret_at(0) >> 32;
        return short_avalanche(joined ^ secret);
    }
    return short_avalanche(secret_at(56) ^ secret_at(64));
}

/// Sixteen bytes of text against sixteen of the secret.
constexpr std::uint64_t mix_16(std::string_view text, std::size_t offset,
                               std::size_t secret) noexcept {
    return fold_product(read64(text, offset) ^ secret_at(secret),
                        read64(text, offset + 8) ^ secret_at(secret + 8));
}

constexpr std::uint64_t hash_up_to_128(std::string_view text) noexcept {
    std::size_t const size = text.size();
    std::uint64_t hash = size * prime64_1;
    for (std::size_t pair = (size - 1) / 32 + 1; pair-- > 0;) {  // from both ends to the middle
        hash += mix_16(text, 16 * pair, 32 * pair);
        hash += mix_16(text, size - 16 * (pair + 1), 32 * pair + 16);
    }
    return avalanche(hash);
}

constexpr std::uint64_t hash_up_to_240(std::string_view text) noexcept {
    std::size_t const size = text.size();
    std::uint64_t hash = size * prime64_1;
    for (std::size_t i = 0; i < 8; ++i) {
        hash += mix_16(text, 16 * i, 16 * i);
    }
    hash = avalanche(hash);
    for (std::size_t i = 8; i < size / 16; ++i) {
        hash += mix_16(text, 16 * i, 16 * (i - 8) + 3);
    }
    return avalanche(hash + mix_16(text, size - 16, 136 - 17));
}

/// The state for long texts: eight sums over stripes of 64 bytes.
class long_hash {
public:
    constexpr void add_stripe(std::string_view text, std::size_t offset,
                              std::size_t secret) noexcept {
        for (std::size_t i = 0; i < 8; ++i) {
            std::uint64_t const value = read64(text, offset + 8 * i);
            std::uint64_t const key = value ^ secret_at(secret + 8 * i);
            sums_[i ^ 1] += value;
            sums_[i] += (key & 0xffffffff) * (key >> 32);
        }
    }

    constexpr void scramble() noexcept {
        for (std::size_t i = 0; i < 8; ++i) {
            sums_[i] ^= sums_[i] >> 47;
            sums_[i] ^= secret_at(secret_size - stripe_size + 8 * i);
            sums_[i] *= prime32_1;
        }
    }

    [[nodiscard]] constexpr std::uint64_t result(std::size_t size) const noexcept {
        std::uint64_t hash = size * prime64_1;
        for (std::size_t i = 0; i < 4; ++i) {
            hash += fold_product(sums_[2 * i] ^ secret_at(11 + 16 * i),
                                 sums_[2 * i + 1] ^ secret_at(11 + 16 * i + 8));
        }
        return avalanche(hash);
    }

private:
    std::array<std::uint64_t, 8> sums_ = {prime32_3, prime64_1, prime64_2, prime64_3,
                                          prime64_4, prime32_2, prime64_5, prime32_1};
};

constexpr std::uint64_t hash_long(std::string_view text) noexcept {
    std::size_t const size = text.size();
    std::size_t const stripes = (size - 1) / stripe_size;  // the last bytes are taken apart
    long_hash hash;
    for (std::size_t i = 0; i < stripes; ++i) {
        std::size_t const in_block = i % stripes_per_block;
        hash.add_stripe(text, i * stripe_size, in_block * secret_step);
        if (in_block + 1 == stripes_per_block) {
            hash.scramble();
        }
    }
    hash.add_stripe(text, size - stripe_size, secret_size - stripe_size - 7);
    return hash.result(size);
}

constexpr std::uint64_t xxh3(std::string_view text) noexcept {
    return text.size() <= 16    ? hash_up_to_16(text)
           : text.size() <= 128 ? hash_up_to_128(text)
           : text.size() <= 240 ? hash_up_to_240(text)
                                : hash_long(text);
}

}  // namespace trunkline::rpc::detail
