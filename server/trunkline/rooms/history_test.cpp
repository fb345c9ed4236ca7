// Joining with an offset: what is kept comes first, then what is said, each once and in order.
#include <trunkline/rooms/history.hpp>

#include <trunkline/rooms/testing.hpp>

#include <gtest/gtest.h>

namespace trunkline::rooms {
namespace {

using namespace testing;
using said_lines = std::vector<std::string>;

struct kept_rooms : ::testing::Test {
    void say_kept(std::string_view text, std::string_view where = "r") {
        auto said = draft(text);
        said.keep();
        world.all.open(where)->publish(std::move(said));
    }
    void enter_after(guest& who, std::uint64_t after, std::size_t on = 0,
                     std::string_view where = "r") {
        std::ignore = who.in.join(*world.shards[on], world.all.open(where), who.is, 1, {}, after);
    }

    plain_history kept;
    test_world world{{}, 2, &kept};
};

TEST_F(kept_rooms, a_newcomer_gets_what_is_kept_behind_its_offset_and_then_what_is_said) {
    for (char const* text : {"1", "2", "3"}) {
        say_kept(text);
    }
    say(*world.all.open("r"), "a notice");
    guest all;
    guest some;
    guest none;
    guest without;
    enter_after(all, 0);
    enter_after(some, 2, 1);
    enter_after(none, 4);
    world.enter(without, "r");
    EXPECT_EQ(all.is.heard, (said_lines{"1", "2", "3"}));
    EXPECT_EQ(some.is.heard, said_lines{"3"});
    EXPECT_EQ(some.is.numbers, std::vector<std::uint64_t>{3});
    say_kept("5");
    world.run();
    EXPECT_EQ(all.is.heard, (said_lines{"1", "2", "3", "5"}));
    EXPECT_EQ(some.is.heard, (said_lines{"3", "5"}));
    EXPECT_EQ(none.is.heard, said_lines{"5"});
    EXPECT_EQ(without.is.heard, said_lines{"5"});
}

TEST_F(kept_rooms, what_is_on_its_way_when_somebody_joins_comes_once) {
    guest early;
    world.enter(early, "r");
    say_kept("1");  // in the inbox of the shard
    guest late;
    enter_after(late, 0);
    EXPECT_EQ(late.is.heard, said_lines{"1"});
    say_kept("2");
    world.run();
    EXPECT_EQ(late.is.heard, (said_lines{"1", "2"}));
    EXPECT_EQ(early.is.heard, (said_lines{"1", "2"}));
}

TEST_F(kept_rooms, a_slow_newcomer_gets_it_page_by_page_and_live_messages_behind) {
    for (int i = 1; i <= 300; ++i) {
        say_kept(std::to_string(i));
    }
    guest slow(1);
    enter_after(slow, 0);
    EXPECT_EQ(slow.is.heard.size(), 1U);
    EXPECT_TRUE(slow.is.has_waiting());
    EXPECT_EQ(kept.given, offered_max);  // the rest is in no memory of its own
    for (int i = 301; i <= 310; ++i) {
        say_kept(std::to_string(i));
    }
    world.run();
    for (int i = 0; i < 31; ++i) {
        slow.is.take_more(10);
    }
    ASSERT_EQ(slow.is.heard.size(), 310U);
    for (std::size_t i = 0; i < 310; ++i) {
        EXPECT_EQ(slow.is.heard[i], std::to_string(i + 1));
    }
    EXPECT_FALSE(slow.is.has_waiting());
    EXPECT_EQ(kept.given, 300U);
}

TEST_F(kept_rooms, what_is_kept_no_more_is_told) {
    kept.keeps = 2;
    for (char const* text : {"1", "2", "3", "4", "5"}) {
        say_kept(text);
    }
    guest one;
    guest two;
    guest all;
    enter_after(one, 2);
    enter_after(two, 3);
    enter_after(all, 0);
    EXPECT_EQ(one.is.heard, (said_lines{"missed 0 in r: 3-3", "4", "5"}));
    EXPECT_EQ(two.is.heard, (said_lines{"4", "5"}));
    EXPECT_EQ(all.is.heard, (said_lines{"4", "5"}));
}

TEST_F(kept_rooms, what_goes_while_somebody_reads_is_told_in_its_place) {
    for (int i = 1; i <= 70; ++i) {
        say_kept(std::to_string(i));
    }
    guest slow(0);
    enter_after(slow, 0);
    kept.keeps = 3;
    for (int i = 71; i <= 80; ++i) {
        say_kept(std::to_string(i));
    }
    slow.is.take_more(scripted_member::everything);
    world.run();
    // A page of 64 was in memory; 65 to 70 were lost, and 71 to 80 were said after it came.
    ASSERT_EQ(slow.is.heard.size(), 64U + 1 + 10);
    EXPECT_EQ(slow.is.heard[64], "missed 0 in r: 65-70");
    EXPECT_EQ(slow.is.heard[65], "71");
    EXPECT_EQ(slow.is.heard.back(), "80");
}

TEST_F(kept_rooms, an_offset_of_another_history_counts_as_none) {
    say_kept("1");
    guest one;
    enter_after(one, 1000);
    EXPECT_EQ(one.is.heard, said_lines{"1"});
}

TEST_F(kept_rooms, who_leaves_gets_no_more_of_it) {
    for (int i = 1; i <= 10; ++i) {
        say_kept(std::to_string(i));
        say_kept(std::to_string(i), "other");
    }
    guest slow(1);
    enter_after(slow, 0);
    membership also;
    std::ignore = also.join(*world.shards[0], world.all.open("other"), slow.is, 1, {}, 18);
    std::ignore = slow.in.leave();
    slow.is.take_more(scripted_member::everything);
    EXPECT_EQ(slow.is.heard, (said_lines{"1", "10"}));
    EXPECT_FALSE(slow.is.has_waiting());
    std::ignore = also.leave();
}

TEST_F(kept_rooms, two_rooms_come_one_after_the_other) {
    say_kept("a1", "a");
    say_kept("b2", "b");
    say_kept("a3", "a");
    guest slow(0);
    enter_after(slow, 0, 0, "a");
    membership also;
    std::ignore = also.join(*world.shards[0], world.all.open("b"), slow.is, 1, {}, 0);
    say_kept("a4", "a");
    say_kept("b5", "b");
    world.run();
    slow.is.take_more(scripted_member::everything);
    EXPECT_EQ(slow.is.heard, (said_lines{"a1", "a3", "b2", "a4", "b5"}));
    std::ignore = also.leave();
}

TEST_F(kept_rooms, numbers_are_reserved_before_they_are_given) {
    EXPECT_EQ(kept.reserved, 0U);
    std::ignore = world.all.next_number();
    EXPECT_GE(kept.reserved, numbers_per_reservation);
    kept.reserved = 5'000'000;
    hall next(world.network, [](std::string_view) { return room_options{}; }, &kept);
    EXPECT_EQ(next.next_number(), 5'000'001U);
}

TEST(rooms_without_history, give_nothing_behind_an_offset) {
    test_world world;
    auto said = draft("1");
    said.keep();
    guest one;
    world.enter(one, "r");
    one.in.where().publish(std::move(said));
    guest two;
    std::ignore = two.in.join(*world.shards[0], world.all.open("r"), two.is, 1, {}, 0);
    EXPECT_TRUE(two.is.heard.empty());
    EXPECT_FALSE(two.is.has_waiting());
    world.run();
    EXPECT_EQ(one.is.heard, said_lines{"1"});
    EXPECT_TRUE(two.is.heard.empty());
}

// The live queue of a newcomer has its bound, whatever it still has to read.
TEST(rooms_with_history, drop_the_oldest_of_what_came_live_not_of_what_is_kept) {
    plain_history kept;
    test_world world({.slow = slow_policy::drop_oldest, .queue = {.messages_max = 4}}, 1, &kept);
    auto const say_kept = [&](std::string_view text) {
        auto said = draft(text);
        said.keep();
        world.all.open("r")->publish(std::move(said));
    };
    say_kept("1");
    say_kept("2");
    guest slow(0);
    std::ignore = slow.in.join(*world.shards[0], world.all.open("r"), slow.is, 1, {}, 0);
    for (char const* text : {"3", "4", "5", "6", "7"}) {
        say_kept(text);
    }
    world.run();
    slow.is.take_more(scripted_member::everything);
    EXPECT_EQ(slow.is.heard, (said_lines{"1", "2", "missed 2 in r: 3-4", "5", "6", "7"}));
}

}  // namespace
}  // namespace trunkline::rooms
