// What is random in a simulation, all of it from one seed: the same numbers with every compiler.
#pragma once

#include <trunkline/base/assert.hpp>
#include <trunkline/transport/runtime.hpp>

#include <cstdint>
#include <random>

namespace trunkline::sim {

/// Draws in the order of asking, so an expression asks at most once. The generator's numbers are
/// those of the standard; the distributions of the library are not, and are not used.
class chance {
public:
    /// Any seed; equal ones give equal numbers.
    explicit chance(std::uint64_t seed) : numbers_(seed) {}

    /// Any number.
    [[nodiscard]] std::uint64_t number() { return numbers_(); }
    /// From 0 to `bound` - 1, or any number where `bound` is 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) {
        auto const drawn = numbers_();
        return bound > 0 ? drawn % bound : drawn;
    }
    /// From `least` to `most`; `least` where `most` is not above it.
    [[nodiscard]] std::uint64_t between(std::uint64_t least, std::uint64_t most) {
        return least + below(most > least ? most - least + 1 : 1);
    }
    /// Any time from `least` to `most`; `least` where `most` is not above it.
    [[nodiscard]] transport::runtime::duration between(transport::runtime::duration least,
                                                       transport::runtime::duration most) {
        auto const span = most > least ? static_cast<std::uint64_t>((most - least).count()) : 0;
        return least + transport::runtime::duration(below(span + 1));
    }
    /// True once in so many times.
    [[nodiscard]] bool one_in(std::uint64_t times) { return below(times) == 0; }
    /// One of them; there is at least one.
    template <class List>
    [[nodiscard]] auto& one_of(List& list) {
        TRUNKLINE_ASSERT(!list.empty());
        return list[below(list.size())];
    }

private:
    std::mt19937_64 numbers_;
};

}  // namespace trunkline::sim
