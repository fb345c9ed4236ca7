// Masking of client payloads (RFC 6455 section 5.3) and the source of fresh masking keys.
#pragma once

#include <trunkline/base/bytes.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace trunkline::websocket {

/// A masking key in wire order: the lowest byte masks the first payload byte. Zero masks nothing.
using mask_key = std::uint32_t;

/// The key for the bytes that follow `count` masked bytes.
[[nodiscard]] constexpr mask_key advance_mask(mask_key key, std::size_t count) noexcept {
    unsigned const bits = 8U * static_cast<unsigned>(count % 4);
    return bits == 0 ? key : (key >> bits) | (key << (32U - bits));
}

/// Masks or unmasks `bytes` in place, the first of them with the lowest byte of `key`; returns the
/// key for the byte after the last.
mask_key apply_mask(mutable_bytes bytes, mask_key key) noexcept;

/// The same while copying: `to` has room for `from`, and the two do not overlap.
mask_key copy_masked(bytes_view from, std::byte* to, mask_key key) noexcept;

/// Gives a fresh key per frame. From the system's entropy, drawn 64 keys at a time, so that nobody
/// who chooses the payload can foresee the bytes on the wire (RFC 6455 section 10.3); from a seed
/// in tests. Not thread-safe.
class mask_generator {
public:
    /// Keys from the entropy of the system.
    mask_generator() noexcept = default;

    /// The same keys for the same seed.
    explicit mask_generator(std::uint64_t seed) noexcept : state_(seed), seeded_(true) {}

    [[nodiscard]] mask_key next() noexcept;

    /// 64 random bits, for handshake keys.
    [[nodiscard]] std::uint64_t next_64() noexcept {
        std::uint64_t const high = next();
        return high << 32 | next();
    }

private:
    void refill() noexcept;

    std::array<mask_key, 64> pool_{};
    std::size_t left_ = 0;
    std::uint64_t state_ = 0;
    bool seeded_ = false;
};

}  // namespace trunkline::websocket
