#include <trunkline/room_history/stored_history.hpp>

#include <trunkline/room_history/testing.hpp>

#include <gtest/gtest.h>

namespace trunkline::room_history {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using said_texts = std::vector<std::string>;

TEST(stored_history, gives_what_was_said_behind_a_number_in_order) {
    history_world world;
    world.open();
    said_texts all;
    for (int i = 0; i < 200; ++i) {
        world.say("other", "x");
        world.say("r", std::to_string(i));
        all.push_back(std::to_string(i));
    }
    EXPECT_EQ(world.texts("r"), all);
    EXPECT_EQ(world.texts("r", 396), (said_texts{"198", "199"}));
    EXPECT_EQ(world.texts("r", 397), (said_texts{"198", "199"}));
    EXPECT_EQ(world.texts("r", 398), said_texts{"199"});
    EXPECT_EQ(world.texts("r", 400), said_texts{});
    EXPECT_EQ(world.texts("nowhere"), said_texts{});
    EXPECT_EQ(world.lost("r"), 0U);
}

TEST(stored_history, gives_pages_up_to_a_number) {
    history_world world;
    world.open();
    for (int i = 1; i <= 10; ++i) {
        world.say("r", std::to_string(i));
        world.now_us += 1000;
    }
    auto const page = world.kept->after("r", 2, 7, 3);
    ASSERT_EQ(page.messages.size(), 3U);
    EXPECT_EQ(page.messages[0].said.number(), 3U);
    EXPECT_EQ(page.messages[0].wall_clock_us, 1'000'000'002'000U);
    EXPECT_EQ(page.messages[2].said.number(), 5U);
    EXPECT_EQ(world.kept->after("r", 5, 7, 64).messages.size(), 2U);
    EXPECT_TRUE(world.kept->after("r", 7, 7, 64).messages.empty());
}

TEST(stored_history, gives_no_more_bytes_at_once_than_a_page_has) {
    history_world world;
    world.open();
    std::string const large(rooms::history_page_size_max / 2 - 1, 'x');
    std::string const huge(rooms::history_page_size_max + 1, 'y');
    for (auto const& each : {large, large, large, huge, huge}) {
        world.say("r", each);
    }
    EXPECT_EQ(world.kept->after("r", 0, UINT64_MAX, 64).messages.size(), 2U);
    EXPECT_EQ(world.kept->after("r", 2, UINT64_MAX, 64).messages.size(), 1U);
    EXPECT_EQ(world.kept->after("r", 3, UINT64_MAX, 64).messages.size(), 1U);
    EXPECT_EQ(world.texts("r").size(), 5U);
}

TEST(stored_history, keeps_the_last_messages_over_a_kill) {
    history_world world({.messages_max = 3});
    world.open();
    for (char const* text : {"a", "b", "c", "d", "e"}) {
        world.say("r", text);
    }
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(world.texts("r"), (said_texts{"c", "d", "e"}));
        EXPECT_EQ(world.lost("r"), 2U);
        world.kill();
    }
    world.say("r", "f");
    world.restart();
    EXPECT_EQ(world.texts("r"), (said_texts{"d", "e", "f"}));
    EXPECT_EQ(world.lost("r"), 3U);
}

TEST(stored_history, keeps_the_last_minutes_also_while_the_server_is_away) {
    history_world world({.age_max = 10min});
    world.open();
    world.say("r", "old");
    world.now_us += 6 * 60'000'000ULL;
    world.say("r", "young");
    EXPECT_EQ(world.texts("r"), (said_texts{"old", "young"}));
    world.now_us += 6 * 60'000'000ULL;
    EXPECT_EQ(world.texts("r"), said_texts{"young"});
    EXPECT_EQ(world.lost("r"), 1U);
    world.restart();
    EXPECT_EQ(world.texts("r"), said_texts{"young"});
    EXPECT_EQ(world.lost("r"), 1U);
    world.kept.reset();
    world.now_us += 6 * 60'000'000ULL;
    world.open();
    EXPECT_EQ(world.texts("r"), said_texts{});
    EXPECT_EQ(world.lost("r"), 2U);
}

TEST(stored_history, keeps_nothing_before_a_message_that_is_too_large) {
    history_world world({.size_max = 100});
    world.open();
    world.say("r", "before");
    std::uint64_t const large = world.say("r", std::string(101, 'x'));
    EXPECT_EQ(world.texts("r"), said_texts{});
    world.restart();
    EXPECT_EQ(world.texts("r"), said_texts{});
    EXPECT_EQ(world.lost("r"), large);
    world.say("r", "behind");
    EXPECT_EQ(world.texts("r"), said_texts{"behind"});
}

TEST(stored_history, keeps_as_many_rooms_as_it_may) {
    history_world world;
    world.options.rooms_max = 2;
    world.open();
    world.say("a", "1");
    world.say("b", "2");
    world.say("a", "3");
    world.say("c", "4");
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(world.texts("a"), (said_texts{"1", "3"}));
        EXPECT_EQ(world.texts("b"), said_texts{});
        EXPECT_EQ(world.lost("b"), 2U);
        EXPECT_EQ(world.texts("c"), said_texts{"4"});
        world.restart();
    }
    world.say("b", "5");
    EXPECT_EQ(world.texts("b"), said_texts{"5"});
    world.restart();
    EXPECT_EQ(world.texts("b"), said_texts{"5"});
    EXPECT_EQ(world.texts("a"), said_texts{});
}

TEST(stored_history, keeps_nothing_of_a_room_without_messages) {
    history_world world({.messages_max = 0});
    world.open();
    auto const size = world.disk_size();
    world.say("r", "x");
    EXPECT_EQ(world.texts("r"), said_texts{});
    EXPECT_EQ(world.disk_size(), size);
}

TEST(stored_history, keeps_nothing_of_a_room_whose_name_is_too_long) {
    history_world world;
    world.open();
    std::string const longest(65'535, 'r');
    world.say(longest, "x");
    world.say(longest + "r", "x");
    world.restart();
    EXPECT_EQ(world.texts(longest), said_texts{"x"});
    EXPECT_EQ(world.texts(longest + "r"), said_texts{});
}

TEST(stored_history, drops_messages_of_another_layout) {
    history_world world;
    world.options.layout = 1;
    world.open();
    std::uint64_t const number = world.say("r", "one");
    world.options.layout = 2;
    world.restart();
    EXPECT_EQ(world.texts("r"), said_texts{});
    EXPECT_GE(world.kept->reserved_numbers(), 0U);
    world.say("r", "two");
    world.restart();
    EXPECT_EQ(world.texts("r"), said_texts{"two"});
    EXPECT_EQ(world.texts("r", number), said_texts{"two"});
}

TEST(stored_history, reserves_numbers_over_a_kill) {
    history_world world;
    world.open();
    EXPECT_EQ(world.kept->reserved_numbers(), 0U);
    world.kept->reserve_numbers(1000);
    world.kill();
    EXPECT_EQ(world.kept->reserved_numbers(), 1000U);
    world.last_number = 1500;  // of somebody who reserved none
    world.say("r", "x");
    world.kill();
    EXPECT_EQ(world.kept->reserved_numbers(), 1501U);
}

// A hall goes on with its numbers, and never gives one again.
TEST(stored_history, numbers_of_a_hall_go_on_after_a_kill) {
    history_world world;
    std::uint64_t last = 0;
    for (int round = 0; round < 3; ++round) {
        world.open();
        rooms::local_bus network;
        rooms::hall all(
            network, [](std::string_view) { return rooms::room_options{}; }, world.kept.get());
        for (std::uint64_t i = 0; i < rooms::numbers_per_reservation + 10; ++i) {
            std::uint64_t const number = all.next_number();
            ASSERT_GT(number, last);
            last = number;
        }
        auto left = world.disk->after_kill();
        world.kept.reset();
        world.disk = std::move(left);
    }
    EXPECT_LT(last, 6 * (rooms::numbers_per_reservation + 10));
}

}  // namespace
}  // namespace trunkline::room_history
