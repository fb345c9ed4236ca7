#include <trunkline/flow/receive_window.hpp>

#include <gtest/gtest.h>

namespace trunkline::flow {
namespace {

TEST(receive_window, takes_what_was_granted_and_not_a_byte_more) {
    path on;
    receive_window window;
    EXPECT_TRUE(window.receive(first_credit, on));
    EXPECT_FALSE(window.receive(1, on));
    EXPECT_EQ(window.take_grant(), first_credit);
    EXPECT_TRUE(window.receive(first_credit, on));
    EXPECT_FALSE(window.receive(1, on));
}

TEST(receive_window, grants_nothing_for_less_than_half_of_it) {
    path on;
    receive_window window;
    ASSERT_TRUE(window.receive(first_credit / 2 - 1, on));
    EXPECT_EQ(window.take_grant(), 0u);
    ASSERT_TRUE(window.receive(1, on));
    EXPECT_EQ(window.take_grant(), first_credit / 2);
    EXPECT_EQ(window.take_grant(), 0u);
}

TEST(receive_window, grants_nothing_for_what_nobody_has_read) {
    path on;
    receive_window window;
    ASSERT_TRUE(window.receive(first_credit, on));
    window.hold(first_credit);
    EXPECT_EQ(window.take_grant(), 0u);
    window.let_go(first_credit / 4);
    EXPECT_EQ(window.take_grant(), 0u);
    window.let_go(first_credit / 4);
    EXPECT_EQ(window.take_grant(), first_credit / 2);
}

// One round trip: the whole window arrives, is read and granted again.
void full_round(receive_window& window, path& on) {
    ASSERT_TRUE(window.receive(window.left(), on));
    static_cast<void>(window.take_grant());
    ++on.round;
}

// The credit of a larger window is used up one round trip later, so it doubles in every second one.
TEST(receive_window, doubles_while_round_trips_use_it_up) {
    path on;
    receive_window window;
    full_round(window, on);
    EXPECT_EQ(window.size(), first_credit);
    full_round(window, on);
    EXPECT_EQ(window.size(), 2 * first_credit);
    full_round(window, on);
    EXPECT_EQ(window.size(), 2 * first_credit);
    full_round(window, on);
    EXPECT_EQ(window.size(), 4 * first_credit);
    EXPECT_EQ(on.grown, 3u * first_credit);
    window.close(on);
    EXPECT_EQ(on.grown, 0u);
}

TEST(receive_window, stays_where_the_path_does_not_fill_it) {
    path on;
    receive_window window;
    for (int round = 0; round < 20; ++round, ++on.round) {
        ASSERT_TRUE(window.receive(first_credit / 2, on));
        static_cast<void>(window.take_grant());
    }
    EXPECT_EQ(window.size(), first_credit);
}

TEST(receive_window, does_not_grow_by_what_came_in_a_round_trip_long_ago) {
    path on;
    receive_window window;
    full_round(window, on);
    on.round += 5;
    ASSERT_TRUE(window.receive(1, on));
    EXPECT_EQ(window.size(), first_credit);
}

TEST(receive_window, never_grows_above_its_limit_nor_all_of_them_above_theirs) {
    path on;
    receive_window first;
    for (int round = 0; round < 30; ++round) {
        full_round(first, on);
    }
    EXPECT_LE(first.size(), window_size_max);
    EXPECT_GT(first.size(), window_size_max / 4);
    receive_window second;
    for (int round = 0; round < 30; ++round) {
        full_round(second, on);
    }
    EXPECT_LE(on.grown, growth_size_max);
    EXPECT_EQ(on.grown, first.size() + second.size() - 2u * first_credit);
}

}  // namespace
}  // namespace trunkline::flow
