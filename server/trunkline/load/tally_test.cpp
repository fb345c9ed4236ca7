#include <trunkline/load/tally.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::load {
namespace {

using namespace std::chrono_literals;
using time_point = transport::runtime::time_point;

TEST(tally, counts_failures_by_cause) {
    tally of;
    of.fail("one");
    of.fail("other one", 5);
    of.fail("one");
    EXPECT_EQ(of.failures(), 7U);
    EXPECT_EQ(of.causes().at("one"), 2U);
    EXPECT_EQ(of.causes().at("other one"), 5U);
}

TEST(tally, holds_no_more_than_a_server_may_make_it_hold) {
    tally of;
    for (int i = 0; i < 10'000; ++i) {
        of.fail(std::to_string(i) + std::string(1000, 'x'));
    }
    EXPECT_EQ(of.failures(), 10'000U);
    EXPECT_EQ(of.causes().size(), causes_max + 1);
    EXPECT_EQ(of.causes().at("other"), 10'000U - causes_max);
    EXPECT_EQ(of.causes().begin()->first.size(), cause_size_max);
}

TEST(tally, shows_no_control_characters) {
    tally of;
    of.fail("closed: \x1b[2J\xff");
    EXPECT_EQ(of.causes().begin()->first, "closed: ?[2J?");
}

TEST(tally, splits_into_seconds) {
    tally of;
    of.sent.add(3, 30);
    of.received.add(2, 20);
    of.answered(time_point(1s), time_point(1s + 7ms));
    of.answered(time_point(1s), time_point(1s + 5ms));
    of.end_second();
    of.received.add(1, 10);
    of.end_second();
    ASSERT_EQ(of.seconds.size(), 2U);
    EXPECT_EQ(of.seconds[0].sent, 3U);
    EXPECT_EQ(of.seconds[0].received, 2U);
    EXPECT_EQ(of.seconds[0].worst_us, 7000U);
    EXPECT_EQ(of.seconds[1].sent, 0U);
    EXPECT_EQ(of.seconds[1].received, 1U);
    EXPECT_EQ(of.seconds[1].worst_us, 0U);
    EXPECT_EQ(of.longest_us, 7000U);
}

}  // namespace
}  // namespace trunkline::load
