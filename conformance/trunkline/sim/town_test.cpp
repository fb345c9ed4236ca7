// The town: enough happens in each seed, the same in every run and with every compiler.
#include <trunkline/sim/town.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::sim {
namespace {

using recorded = std::vector<std::pair<std::uint64_t, std::string>>;

// Seeds and the hashes of their stories, a line each.
recorded table() {
    recorded found;
    std::ifstream from(TRUNKLINE_SOURCE_DIR "/conformance/trunkline/sim/hashes.txt");
    std::uint64_t seed = 0;
    for (std::string hash; from >> seed >> hash;) {
        found.emplace_back(seed, hash);
    }
    return found;
}

TEST(town, a_seed_has_the_story_that_was_recorded) {
    auto const all = table();
    ASSERT_GE(all.size(), 10U);
    for (auto const& [seed, hash] : all) {
        auto const found = run_town(seed);
        EXPECT_EQ(found.broken, "") << found.repeat();
        EXPECT_EQ(found.story_number(), hash)
            << "seed " << seed << "; where that is meant: trunkline sim --seeds "
            << all.front().first << ".." << all.back().first
            << " --hashes > conformance/trunkline/sim/hashes.txt";
    }
}

TEST(town, enough_happens_in_each_seed) {
    std::size_t disturbed = 0;
    constexpr std::uint64_t seeds = 40;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        auto const found = run_town(seed);
        EXPECT_EQ(found.broken, "") << found.repeat();
        EXPECT_GE(found.events, 500U) << found.repeat();
        EXPECT_GE(found.connections, 2U) << found.repeat();
        EXPECT_GE(found.calls_at_once, 3U) << found.repeat();
        EXPECT_EQ(found.faults == 0, is_calm(seed)) << found.repeat();
        disturbed += found.faults > 0 ? 1 : 0;
    }
    EXPECT_EQ(disturbed, seeds * 9 / 10);
}

TEST(town, the_story_can_be_read_and_is_the_same_again) {
    std::ostringstream once;
    std::ostringstream again;
    auto const found = run_town(3, &once);
    EXPECT_EQ(run_town(3, &again).hash, found.hash);
    EXPECT_EQ(once.str(), again.str());
    for (auto const* word : {"client1", "house1", "link 1", "is at peace", "writes", ": done"}) {
        EXPECT_NE(once.str().find(word), std::string::npos) << word;
    }
    EXPECT_NE(run_town(4).hash, found.hash);
}

TEST(story, its_hash_is_the_same_everywhere) {
    transport::simulated_runtime loop;
    story tells(loop, nullptr);
    EXPECT_EQ(tells.hash(), 0xcbf29ce484222325);
    tells.tell("who", "what");
    tells.count();
    EXPECT_EQ(tells.events(), 1U);
    EXPECT_EQ(tells.hash(), 0x44aaa9db454bcf9a);
}

TEST(chance, its_numbers_are_those_of_the_standard) {
    chance random(5489);  // the seed that the standard gives the value of
    for (int i = 1; i < 10'000; ++i) {
        static_cast<void>(random.number());
    }
    EXPECT_EQ(random.number(), 9981545732273789042U);
    EXPECT_EQ(random.between(7, 7), 7U);
}

}  // namespace
}  // namespace trunkline::sim
