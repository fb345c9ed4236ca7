// How long things took, counted in buckets of a fixed relative width.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace trunkline::load {

/// Numbers by size: exact below 128, then 64 buckets for each doubling, so that what is told is at
/// most 1.6 % above what was added. Adding takes no memory.
class histogram {
public:
    /// Counts `value` once.
    void add(std::uint64_t value) noexcept {
        ++counts_[bucket_of(value)];
        ++total_;
    }

    /// Counts all that `other` has counted.
    void add(histogram const& other) noexcept {
        for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
            counts_[bucket] += other.counts_[bucket];
        }
        total_ += other.total_;
    }

    /// How many were added.
    [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

    /// The smallest number told of which at least `share` (0 to 1) of those added are no larger;
    /// 0 when nothing was added.
    [[nodiscard]] std::uint64_t at(double share) const noexcept;

private:
    static constexpr unsigned fine_bits = 6;  // of a number, behind its highest one

    static constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
        auto const width = static_cast<unsigned>(std::bit_width(value));
        unsigned const dropped = width > fine_bits + 1 ? width - fine_bits - 1 : 0;
        return (std::size_t{dropped} << fine_bits) + static_cast<std::size_t>(value >> dropped);
    }

    static constexpr std::uint64_t highest_of(std::size_t bucket) noexcept {
        if (bucket < (2U << fine_bits)) {
            return bucket;
        }
        std::size_t const dropped = (bucket >> fine_bits) - 1;
        std::uint64_t const leading = bucket - (dropped << fine_bits);
        return (leading << dropped) + ((std::uint64_t{1} << dropped) - 1);
    }

    std::array<std::uint64_t, (64 - fine_bits + 1) << fine_bits> counts_{};
    std::uint64_t total_ = 0;
};

}  // namespace trunkline::load
