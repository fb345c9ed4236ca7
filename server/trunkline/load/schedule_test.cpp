#include <trunkline/load/schedule.hpp>

#include <gtest/gtest.h>

namespace trunkline::load {
namespace {

using namespace std::chrono_literals;

TEST(schedule, spreads_evenly_and_in_turns) {
    schedule const of(3, 6);
    EXPECT_EQ(of.due(0), 0s);
    EXPECT_EQ(of.due(1), 166'666us);
    EXPECT_EQ(of.due(6), 1s);
    EXPECT_EQ(of.sender(0), 0U);
    EXPECT_EQ(of.sender(5), 2U);
    EXPECT_EQ(of.due(2, 0), of.due(2));
    EXPECT_EQ(of.due(2, 1), of.due(5));
}

TEST(schedule, drifts_by_nothing_in_a_year) {
    schedule const of(7, 999'983);
    std::uint64_t const in_a_year = 999'983ULL * 365 * 24 * 3600;
    EXPECT_EQ(of.due(in_a_year), 365 * 24h);
    EXPECT_LT(of.due(in_a_year - 1), 365 * 24h);
}

TEST(schedule, without_senders_or_rate_is_empty) {
    EXPECT_TRUE(schedule(0, 5).is_empty());
    EXPECT_TRUE(schedule(5, 0).is_empty());
    EXPECT_FALSE(schedule(5, 5).is_empty());
}

}  // namespace
}  // namespace trunkline::load
