#include <trunkline/rpc/id_sequence.hpp>

#include <gtest/gtest.h>

#include <set>

namespace trunkline::rpc {
namespace {

using ids = std::vector<std::uint32_t>;

TEST(id_sequence, counts_up_and_begins_anew) {
    id_sequence sequence(6, 7, 0x80);
    ids taken;
    for (int i = 0; i < 4; ++i) {
        taken.push_back(sequence.take([] { return ids{}; }));
    }
    EXPECT_EQ(taken, (ids{0x86, 0x87, 0x80, 0x81}));
}

TEST(id_sequence, no_id_is_given_twice_while_it_is_used) {
    for (std::uint32_t const fixed : {0u, 0x8000'0000u}) {
        id_sequence sequence(3, 63, fixed);
        std::set<std::uint32_t> used;
        std::size_t rounds = 0;
        auto const in_use = [&] {
            ++rounds;
            return ids(used.begin(), used.end());
        };
        for (std::uint32_t i = 0; i < 10'000; ++i) {
            ASSERT_TRUE(used.insert(sequence.take(in_use)).second) << i;
            while (used.size() > 40 || (i % 7 == 0 && !used.empty())) {
                used.erase(std::next(used.begin(), i * 31 % used.size()));
            }
        }
        // Rounds of 64 ids; those that were passed over bring the next round nearer.
        EXPECT_LE(rounds, 10'000u / 20);
    }
}

}  // namespace
}  // namespace trunkline::rpc
