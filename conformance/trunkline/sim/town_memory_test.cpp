// What a town takes of the heap: nothing that stays, and never much. Each seed has its own sizes.
#include <trunkline/base/counted_heap.hpp>
#include <trunkline/sim/town.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace trunkline::sim {
namespace {

using trunkline::testing::blocks_in_use;

// Blocks at the same time, for some machines and residents with up to 48 calls under way.
constexpr std::size_t blocks_max = 20'000;

TEST(town_memory, a_seed_leaves_nothing_behind) {
    for (std::uint64_t const seed : {2, 5, 10}) {
        static_cast<void>(run_town(seed));  // what a thread keeps for the next one
        auto const before = blocks_in_use();
        EXPECT_TRUE(run_town(seed).passed());
        EXPECT_EQ(blocks_in_use(), before) << "seed " << seed;
    }
}

TEST(town_memory, nor_does_one_that_is_broken_off) {
    town_parts parts;
    parts.number = [](std::uint64_t right) { return right + 1; };
    static_cast<void>(run_town(1, nullptr, parts));
    auto const before = blocks_in_use();
    EXPECT_FALSE(run_town(1, nullptr, parts).passed());
    EXPECT_EQ(blocks_in_use(), before);
}

TEST(town_memory, is_bounded_at_all_times) {
    std::size_t most = 0;
    town_parts parts;
    parts.call = [&most, before = blocks_in_use()](call_options&) {
        most = std::max(most, blocks_in_use() - before);
    };
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        EXPECT_TRUE(run_town(seed, nullptr, parts).passed());
    }
    EXPECT_GT(most, 100U);
    EXPECT_LT(most, blocks_max);
}

}  // namespace
}  // namespace trunkline::sim
