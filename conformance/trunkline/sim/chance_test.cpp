// Chance: no bounds break it.
#include <trunkline/sim/chance.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>

namespace trunkline::sim {
namespace {

using namespace std::chrono_literals;

TEST(chance, has_no_bounds_that_break_it) {
    chance random(1);
    static_cast<void>(random.below(0));
    static_cast<void>(random.between(0, std::numeric_limits<std::uint64_t>::max()));
    EXPECT_EQ(random.between(5, 4), 5U);
    EXPECT_EQ(random.between(1ms, 1us), 1ms);
}

}  // namespace
}  // namespace trunkline::sim
