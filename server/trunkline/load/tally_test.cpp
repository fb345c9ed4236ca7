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

TEST(tally, adds_what_another_part_has_counted) {
    tally one;
    one.opened = 5;
    one.unopened = 1;
    one.due = 4;
    one.sent.add(4, 40);
    one.received.add(3, 30);
    one.connects.add(10);
    one.opening = 3s;
    one.elapsed = 9s;
    one.answered(time_point(), time_point(2ms));
    one.fail("lost", 2);
    one.end_second();
    tally other;
    other.opened = 7;
    other.lost = 2;
    other.due = 5;
    other.sent.add(5, 50);
    other.received.add(1, 10);
    other.received_before.add(8, 80);
    other.connects.add(20);
    other.opening = 4s;
    other.elapsed = 8s;
    other.answered(time_point(), time_point(7ms));
    other.answered(time_point(), time_point(1ms));
    other.fail("lost", 1);
    other.fail("wrong", 3);
    other.end_second();
    other.received.add(6, 60);
    other.end_second();

    one.add(other);
    EXPECT_EQ(one.opened, 12U);
    EXPECT_EQ(one.unopened, 1U);
    EXPECT_EQ(one.lost, 2U);
    EXPECT_EQ(one.due, 9U);
    EXPECT_EQ(one.sent.messages, 9U);
    EXPECT_EQ(one.sent.bytes, 90U);
    EXPECT_EQ(one.received.messages, 10U);
    EXPECT_EQ(one.received.bytes, 100U);
    EXPECT_EQ(one.received_before.messages, 8U);
    EXPECT_EQ(one.connects.total(), 2U);
    EXPECT_EQ(one.connects.at(1), 20U);
    EXPECT_EQ(one.opening, 4s);
    EXPECT_EQ(one.elapsed, 9s);
    EXPECT_EQ(one.latencies.total(), 3U);
    EXPECT_NEAR(static_cast<double>(one.latencies.at(0.5)), 2000, 32);
    EXPECT_EQ(one.longest_us, 7000U);
    EXPECT_EQ(one.causes().at("lost"), 3U);
    EXPECT_EQ(one.causes().at("wrong"), 3U);
    ASSERT_EQ(one.seconds.size(), 2U);
    EXPECT_EQ(one.seconds[0].sent, 9U);
    EXPECT_EQ(one.seconds[0].received, 4U);
    EXPECT_EQ(one.seconds[0].worst_us, 7000U);
    EXPECT_EQ(one.seconds[1].received, 6U);
}

TEST(tally, adds_no_more_causes_than_it_holds) {
    tally one;
    tally other;
    for (std::size_t i = 0; i < causes_max; ++i) {
        one.fail("one " + std::to_string(i));
        other.fail("other " + std::to_string(i));
    }
    one.add(other);
    EXPECT_EQ(one.failures(), 2 * causes_max);
    EXPECT_EQ(one.causes().size(), causes_max + 1);
}

}  // namespace
}  // namespace trunkline::load
