#include <trunkline/flow/receive_window.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace trunkline::flow {
namespace {

TEST(receive_window, takes_what_was_granted_and_not_a_byte_more) {
    path on;
    receive_window window;
    EXPECT_TRUE(window.receive(first_credit, on));
    EXPECT_FALSE(window.receive(1, on));
    EXPECT_EQ(window.take_grant(on), first_credit);
    EXPECT_TRUE(window.receive(first_credit, on));
    EXPECT_FALSE(window.receive(1, on));
}

TEST(receive_window, grants_nothing_for_less_than_half_of_it) {
    path on;
    receive_window window;
    ASSERT_TRUE(window.receive(first_credit / 2 - 1, on));
    EXPECT_EQ(window.take_grant(on), 0u);
    ASSERT_TRUE(window.receive(1, on));
    EXPECT_EQ(window.take_grant(on), first_credit / 2);
    EXPECT_EQ(window.take_grant(on), 0u);
}

TEST(receive_window, grants_nothing_for_what_nobody_has_read) {
    path on;
    receive_window window;
    ASSERT_TRUE(window.receive(first_credit, on));
    window.hold(first_credit);
    EXPECT_EQ(window.take_grant(on), 0u);
    window.let_go(first_credit / 4);
    EXPECT_EQ(window.take_grant(on), 0u);
    window.let_go(first_credit / 4);
    EXPECT_EQ(window.take_grant(on), first_credit / 2);
}

// One round trip: the whole window arrives, is read and granted again.
void full_round(receive_window& window, path& on) {
    ASSERT_TRUE(window.receive(window.left(), on));
    static_cast<void>(window.take_grant(on));
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
        static_cast<void>(window.take_grant(on));
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

// One round trip in which little comes, and is read at once.
void quiet_round(receive_window& window, path& on) {
    ASSERT_TRUE(window.receive(std::min<std::uint64_t>(window.left(), first_credit / 8), on));
    static_cast<void>(window.take_grant(on));
    ++on.round;
}

TEST(receive_window, shrinks_to_its_first_size_where_little_comes) {
    path on;
    receive_window window;
    while (window.size() < 16 * first_credit) {
        full_round(window, on);
    }
    for (int round = 0; round < 1000 && window.size() > first_credit; ++round) {
        EXPECT_TRUE(window.wants_measure());
        quiet_round(window, on);
        EXPECT_LE(window.left(), window.size());
        EXPECT_EQ(on.grown, window.size() - first_credit);
    }
    EXPECT_EQ(window.size(), first_credit);
    EXPECT_EQ(on.grown, 0u);
    while (window.size() < 4 * first_credit) {
        full_round(window, on);  // and grows again
    }
}

TEST(receive_window, gives_what_it_does_not_need_to_others) {
    path on;
    receive_window first;
    for (int round = 0; round < 30; ++round) {
        full_round(first, on);
    }
    receive_window second;
    for (int round = 0; round < 30; ++round) {
        full_round(second, on);
    }
    std::uint32_t const before = second.size();
    for (int round = 0; round < 1000; ++round) {
        ASSERT_TRUE(first.receive(std::min<std::uint64_t>(first.left(), first_credit), on));
        static_cast<void>(first.take_grant(on));
        full_round(second, on);
    }
    EXPECT_LT(first.size(), 16 * first_credit);
    EXPECT_GT(second.size(), before);
}

// What was granted may come at any time, so it counts until it has come.
TEST(receive_window, shrinks_no_further_than_what_has_been_granted) {
    path on;
    receive_window window;
    while (window.size() < 16 * first_credit) {
        full_round(window, on);
    }
    std::uint64_t const granted = window.left();
    on.round += 1000;
    ASSERT_TRUE(window.receive(1, on));
    EXPECT_EQ(window.take_grant(on), 0u);
    EXPECT_EQ(window.size(), granted - 1);
    ASSERT_TRUE(window.receive(granted - 1, on));
    EXPECT_EQ(window.take_grant(on), first_credit);
    EXPECT_EQ(window.size(), first_credit);
}

TEST(receive_window, keeps_what_a_stream_needs_that_takes_breath) {
    path on;
    receive_window window;
    while (window.size() < 8 * first_credit) {
        full_round(window, on);
    }
    std::uint32_t const size = window.size();
    for (int times = 0; times < 100; ++times) {
        for (std::uint32_t round = 1; round < quiet_rounds_max; ++round) {
            quiet_round(window, on);
        }
        ASSERT_TRUE(window.receive(size / 4, on));
        static_cast<void>(window.take_grant(on));
        ++on.round;
        ASSERT_EQ(window.size(), size);
    }
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
