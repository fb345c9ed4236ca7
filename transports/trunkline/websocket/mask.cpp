#include <trunkline/websocket/mask.hpp>

#include <trunkline/base/assert.hpp>

#include <unistd.h>

namespace trunkline::websocket {

namespace {

std::byte key_byte(mask_key key, std::size_t index) noexcept {
    return static_cast<std::byte>(key >> (8 * (index % 4)));
}

}  // namespace

mask_key apply_mask(mutable_bytes bytes, mask_key key) noexcept {
    return copy_masked(bytes, bytes.data(), key);
}

// Works for to == from.data() as well: every word is loaded before it is stored. Four words per
// step let the compiler use whatever vector registers there are.
mask_key copy_masked(bytes_view from, std::byte* to, mask_key key) noexcept {
    std::uint64_t const wide = std::uint64_t{key} << 32 | key;
    std::byte const* at = from.data();
    std::size_t left = from.size();
    for (; left >= 32; left -= 32, at += 32, to += 32) {
        std::array<std::uint64_t, 4> words;
        std::memcpy(words.data(), at, sizeof words);
        for (auto& word : words) {
            word ^= wide;
        }
        std::memcpy(to, words.data(), sizeof words);
    }
    for (; left >= 8; left -= 8, at += 8, to += 8) {
        store_le(to, load_le<std::uint64_t>(at) ^ wide);
    }
    for (std::size_t i = 0; i < left; ++i) {
        to[i] = at[i] ^ key_byte(key, i);
    }
    return advance_mask(key, from.size());
}

mask_key mask_generator::next() noexcept {
    if (left_ == 0) {
        refill();
    }
    return pool_[--left_];
}

void mask_generator::refill() noexcept {
    if (seeded_) {
        // SplitMix64: plain, well mixed, and enough for tests.
        for (auto& key : pool_) {
            std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15U;
            mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
            mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
            key = static_cast<mask_key>(mixed >> 16);
        }
    } else {
        static_assert(sizeof pool_ <= 256, "getentropy gives at most 256 bytes at once");
        TRUNKLINE_ASSERT(::getentropy(pool_.data(), sizeof pool_) == 0);
    }
    left_ = pool_.size();
}

}  // namespace trunkline::websocket
