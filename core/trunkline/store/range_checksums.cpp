#include <trunkline/store/range_checksums.hpp>

#include <trunkline/store/digest.hpp>

#include <algorithm>

namespace trunkline::store {
namespace {

using checksum_algebra::byte_steps;
using checksum_algebra::multiply;

// Ranges up to this size are read, whatever has been read before: in bytes.
inline constexpr std::uint64_t short_range = 64;

// A block that is asked for more often than this gets a window.
inline constexpr unsigned asked_max = 8;

inline constexpr std::size_t begins_known = 4096;

}  // namespace

std::uint32_t range_checksums::of(std::uint64_t begin, std::uint64_t end) {
    auto const size = end - begin;
    if (size <= short_range) {
        return read(0, begin, end);
    }
    if (prefixes_.empty()) {
        if (bytes_read_ + size <= 2 * bytes_.size()) {
            return read(0, begin, end);
        }
        build_prefixes();
    }
    auto& from = begin_at(begin);
    auto const block = end - end % block_size;
    if (block < begin) {
        return before_end(end) ^ powers_.shift(from.before, size);
    }
    if (from.block != block) {
        from.block = block;
        from.at_block = powers_.shift(from.before, block - begin);
    }
    auto const behind =
        from.at_block == 0 ? 0 : multiply(powers_.small(end - block), from.at_block);
    return before_end(end) ^ behind;
}

std::uint32_t range_checksums::read(std::uint32_t checksum, std::uint64_t begin,
                                    std::uint64_t end) noexcept {
    bytes_read_ += end - begin;
    return extend_checksum(checksum, bytes_.subspan(begin, end - begin));
}

std::uint32_t range_checksums::before(std::uint64_t offset) noexcept {
    auto const block = offset / block_size;
    return read(prefixes_[block], block * block_size, offset);
}

std::uint32_t range_checksums::before_end(std::uint64_t end) noexcept {
    auto const block = end / block_size;
    if (block != window_block_) {
        window_block_ = block;
        window_asked_ = 0;
    }
    if (window_asked_ < asked_max) {
        ++window_asked_;
        return before(end);
    }
    if (window_asked_ == asked_max) {
        ++window_asked_;
        fill_window();
    }
    return window_[end % block_size];
}

range_checksums::known_begin& range_checksums::begin_at(std::uint64_t offset) noexcept {
    auto& known = begins_[(offset * 0x9e3779b97f4a7c15) >> 52];
    if (known.begin != offset) {
        known = {offset, before(offset), nowhere, 0};
    }
    return known;
}

// Two halves at once, as each step waits for the one before.
void range_checksums::fill_window() noexcept {
    constexpr auto half = block_size / 2;
    auto const block = bytes_.subspan(window_block_ * block_size);
    auto const size = std::min<std::uint64_t>(block.size(), block_size);
    bytes_read_ += size;
    auto lower = ~prefixes_[window_block_];
    auto upper = ~extend_checksum(prefixes_[window_block_], block.first(std::min(size, half)));
    auto const step = [&block](std::uint32_t state, std::uint64_t at) {
        auto const byte = std::to_integer<std::uint32_t>(block[at]);
        return byte_steps[(state ^ byte) & 0xff] ^ (state >> 8);
    };
    for (std::uint64_t at = 0; at < half; ++at) {
        window_[at] = ~lower;
        window_[half + at] = ~upper;
        lower = at < size ? step(lower, at) : lower;
        upper = half + at < size ? step(upper, half + at) : upper;
    }
}

void range_checksums::build_prefixes() {
    static_assert(begins_known == std::size_t{1} << (64 - 52));
    begins_.resize(begins_known);
    prefixes_.reserve(bytes_.size() / block_size + 1);
    std::uint32_t checksum = 0;
    prefixes_.push_back(checksum);
    for (std::uint64_t at = 0; at + block_size <= bytes_.size(); at += block_size) {
        checksum = read(checksum, at, at + block_size);
        prefixes_.push_back(checksum);
    }
}

}  // namespace trunkline::store
