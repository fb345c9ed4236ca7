#include <trunkline/store/range_checksums.hpp>

#include <trunkline/store/checksum_product.hpp>
#include <trunkline/store/digest.hpp>

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

namespace trunkline::store {
namespace {

using checksum_algebra::byte_powers;
using checksum_algebra::byte_steps;
using checksum_algebra::product;

// Ranges up to this size are read, whatever has been read before: in bytes.
inline constexpr std::uint64_t short_range = 64;

// A window that is asked for more often than this is filled.
inline constexpr unsigned asked_max = 64;

inline constexpr std::size_t begins_known = 4096;

// Steps that wait for the one before; so many go on side by side.
inline constexpr std::size_t strands = 8;

std::uint32_t step(std::uint32_t state, std::byte next) noexcept {
    return byte_steps[(state ^ std::to_integer<std::uint32_t>(next)) & 0xff] ^ (state >> 8);
}

}  // namespace

bool range_checksums::match(std::uint64_t begin, std::uint64_t end) {
    if (is_read(end - begin)) {
        return read(0, begin, end) == checksum_behind(end);
    }
    if (begin == 0) {
        return before_end(end) == checksum_behind(end);
    }
    std::array const both{seen_from_end(before_end(end) ^ checksum_behind(end), end),
                          seen_from_end(before(begin), begin)};
    return product(both[0]) == product(both[1]);
}

std::uint64_t range_checksums::match_from_begin(std::uint64_t first_end, std::uint64_t among) {
    std::uint64_t matching = 0;
    if (!prefixes_.empty() && has_window(first_end, static_cast<unsigned>(std::popcount(among)))) {
        auto const* const before = window_.data() + first_end % window_size;
        for (auto left = among; left != 0; left &= left - 1) {
            auto const i = static_cast<unsigned>(std::countr_zero(left));
            matching |= checksum_behind(first_end + i) == before[i] ? left & (0 - left) : 0;
        }
        return matching;
    }
    std::uint64_t read_to = 0;  // one after the other, as each begins with all of the one before
    std::uint32_t checksum = 0;
    for (auto left = among; left != 0; left &= left - 1) {
        auto const end = first_end + static_cast<unsigned>(std::countr_zero(left));
        if (is_read(end - read_to)) {
            checksum = read(checksum, read_to, end);
        } else {
            checksum = before_end(end);
        }
        read_to = end;
        matching |= checksum == checksum_behind(end) ? left & (0 - left) : 0;
    }
    return matching;
}

// checksum(begin to end) is before(end) - before(begin) * x^(8 * (end - begin)). Multiplied by
// x^(8 * (size - end)) this says of both sides what the other one need not be known for.
bool range_checksums::prepare(std::uint64_t first_end, std::uint64_t among) {
    if (prefixes_.empty()) {
        return false;
    }
    std::array<checksum_algebra::factors, 64> factors;
    std::array<std::uint32_t, 64> products;
    std::size_t count = 0;
    bool const window = has_window(first_end, static_cast<unsigned>(std::popcount(among)));
    for (auto left = among; left != 0; left &= left - 1) {
        auto const end = first_end + static_cast<unsigned>(std::countr_zero(left));
        auto const prefix = window ? window_[end % window_size] : before(end);
        factors[count++] = seen_from_end(prefix ^ checksum_behind(end), end);
    }
    checksum_algebra::multiply_all(std::span(factors).first(count), products.data());
    count = 0;
    for (auto left = among; left != 0; left &= left - 1) {
        wanted_[static_cast<unsigned>(std::countr_zero(left))] = products[count++];
    }
    return true;
}

// The pad of a larger alignment begins with that of a smaller one.
void range_checksums::learn(known_begin& known, std::uint64_t begin) noexcept {
    known = {begin, {}, {}};
    std::array<checksum_algebra::factors, alignments.size()> factors;
    std::array<std::uint32_t, alignments.size()> products;
    std::size_t count = 0;
    auto checksum = before(begin);
    auto at = begin;
    for (; count < alignments.size(); ++count) {
        auto const start = begin + pad_size(begin, alignments[alignments.size() - 1 - count]);
        if (start > bytes_.size() || !is_zero(bytes_.subspan(at, start - at))) {
            break;
        }
        if (start != at) {
            checksum = read(checksum, at, start);
            at = start;
        }
        factors[count] = seen_from_end(checksum, start);
    }
    checksum_algebra::multiply_all(std::span(factors).first(count), products.data());
    for (std::size_t i = 0; i < count; ++i) {
        known.padded.set(alignments.size() - 1 - i, true);
        known.before[alignments.size() - 1 - i] = products[i];
    }
}

bool range_checksums::is_read(std::uint64_t size) {
    if (prefixes_.empty()) {
        if (bytes_read_ + size <= bytes_.size()) {
            return true;
        }
        build_tables();
    }
    return size <= short_range;
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
    return has_window(end, 1) ? window_[end % window_size] : before(end);
}

// What it would be if all bytes from `offset` on were zero.
checksum_algebra::factors range_checksums::seen_from_end(std::uint32_t checksum,
                                                         std::uint64_t offset) const noexcept {
    constexpr auto digit = std::uint64_t{1} << byte_powers::digit_bits;
    auto const behind = bytes_.size() - offset;
    return {checksum, powers_.small(behind % digit), large_powers_[behind / digit]};
}

bool range_checksums::has_window(std::uint64_t offset, unsigned asked) noexcept {
    if (auto const at = offset / window_size * window_size; at != window_at_) {
        window_at_ = at;
        window_asked_ = 0;
    }
    if (window_asked_ <= asked_max) {
        window_asked_ += asked;
        if (window_asked_ <= asked_max) {
            return false;
        }
        fill_window();
    }
    return true;
}

void range_checksums::fill_window() noexcept {
    auto const bytes = bytes_.subspan(window_at_);
    auto const* prefix = prefixes_.data() + window_at_ / block_size;
    bytes_read_ += std::min(bytes.size(), window_size);
    if (bytes.size() < window_size) {
        auto state = ~*prefix;
        for (std::size_t at = 0; at <= bytes.size(); ++at) {
            window_[at] = ~state;
            state = at < bytes.size() ? step(state, bytes[at]) : state;
        }
        return;
    }
    static_assert(window_size % (strands * block_size) == 0);
    auto const fill = [&]<std::size_t... Strand>(std::byte const* from, std::uint32_t* to,
                                                 std::index_sequence<Strand...>) {
        std::array<std::uint32_t, strands> states{~prefix[Strand]...};
        for (std::size_t at = 0; at < block_size; ++at) {
            ((to[Strand * block_size + at] = ~states[Strand],
              states[Strand] = step(states[Strand], from[Strand * block_size + at])),
             ...);
        }
    };
    for (std::size_t at = 0; at < window_size; at += strands * block_size, prefix += strands) {
        fill(bytes.data() + at, window_.data() + at, std::make_index_sequence<strands>());
    }
}

void range_checksums::build_tables() {
    constexpr auto digit = std::uint64_t{1} << byte_powers::digit_bits;
    static_assert(begins_known == std::size_t{1} << (64 - 52));
    begins_.resize(begins_known);
    large_powers_.reserve(bytes_.size() / digit + 1);
    large_powers_.push_back(checksum_algebra::one);
    while (large_powers_.size() <= bytes_.size() / digit) {
        large_powers_.push_back(
            product({large_powers_.back(), powers_.small(digit - 1), powers_.small(1)}));
    }
    prefixes_.reserve(bytes_.size() / block_size + 1);
    std::uint32_t checksum = 0;
    prefixes_.push_back(checksum);
    for (std::uint64_t at = 0; at + block_size <= bytes_.size(); at += block_size) {
        checksum = read(checksum, at, at + block_size);
        prefixes_.push_back(checksum);
    }
}

}  // namespace trunkline::store
