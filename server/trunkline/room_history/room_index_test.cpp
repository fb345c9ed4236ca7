#include <trunkline/room_history/room_index.hpp>

#include <gtest/gtest.h>

namespace trunkline::room_history {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t second = 1'000'000;

std::vector<std::uint64_t> numbers(kept_room const& of) {
    std::vector<std::uint64_t> found;
    for (kept_place const& each : of.places()) {
        found.push_back(each.number);
    }
    return found;
}

using places = std::vector<std::uint64_t>;

TEST(kept_room, keeps_the_newest_by_number) {
    kept_room room("r", {.messages_max = 3, .size_max = 1000});
    for (std::uint64_t number = 1; number <= 5; ++number) {
        room.add({number, 0, 10}, 0);
    }
    EXPECT_EQ(numbers(room), (places{3, 4, 5}));
    EXPECT_EQ(room.lost_up_to(), 2U);
    EXPECT_EQ(room.size(), 30U);
    EXPECT_EQ(room.last_number(), 5U);
}

TEST(kept_room, keeps_the_newest_by_size_and_none_before_one_that_is_too_large) {
    kept_room room("r", {.messages_max = 100, .size_max = 100});
    room.add({1, 0, 60}, 0);
    room.add({2, 0, 40}, 0);
    EXPECT_EQ(numbers(room), (places{1, 2}));
    room.add({3, 0, 1}, 0);
    EXPECT_EQ(numbers(room), (places{2, 3}));
    room.add({4, 0, 101}, 0);
    EXPECT_EQ(numbers(room), places{});
    EXPECT_EQ(room.lost_up_to(), 4U);
    EXPECT_EQ(room.last_number(), 4U);
    room.add({5, 0, 100}, 0);
    EXPECT_EQ(numbers(room), places{5});
}

TEST(kept_room, keeps_what_is_no_older_than_it_may_be) {
    kept_room room("r", {.messages_max = 100, .age_max = 10s, .size_max = 1000});
    room.add({1, 100 * second, 1}, 100 * second);
    room.add({2, 105 * second, 1}, 105 * second);
    room.grow_older(110 * second);
    EXPECT_EQ(numbers(room), (places{1, 2}));
    room.grow_older(110 * second + 1);
    EXPECT_EQ(numbers(room), places{2});
    room.add({3, 200 * second, 1}, 200 * second);
    EXPECT_EQ(numbers(room), places{3});
    EXPECT_EQ(room.lost_up_to(), 2U);
    room.grow_older(50 * second);  // a clock that was set back
    EXPECT_EQ(numbers(room), places{3});
}

TEST(kept_room, finds_what_comes_behind_a_number) {
    kept_room room("r", {});
    for (std::uint64_t const number : {10U, 20U, 30U}) {
        room.add({number, 0, 1}, 0);
    }
    EXPECT_EQ(room.first_after(0), 0U);
    EXPECT_EQ(room.first_after(9), 0U);
    EXPECT_EQ(room.first_after(10), 1U);
    EXPECT_EQ(room.first_after(25), 2U);
    EXPECT_EQ(room.first_after(30), 3U);
    room.lose_up_to(25);
    EXPECT_EQ(numbers(room), places{30});
    EXPECT_EQ(room.lost_up_to(), 25U);
}

TEST(room_index, the_room_goes_in_which_nothing_was_said_for_the_longest_time) {
    room_index index([](std::string_view) { return history_limits{}; }, 2);
    index.speak_in("a").add({1, 0, 1}, 0);
    index.speak_in("b").add({2, 0, 1}, 0);
    index.speak_in("a").add({3, 0, 1}, 0);
    EXPECT_EQ(index.forgotten_up_to(), 0U);
    index.speak_in("c").add({4, 0, 1}, 0);
    EXPECT_EQ(index.find("b"), nullptr);
    ASSERT_NE(index.find("a"), nullptr);
    EXPECT_EQ(numbers(*index.find("a")), (places{1, 3}));
    EXPECT_EQ(index.forgotten_up_to(), 2U);
    kept_room& again = index.speak_in("b");  // a goes
    EXPECT_EQ(again.lost_up_to(), 3U);
    EXPECT_EQ(index.rooms().size(), 2U);
    EXPECT_EQ(index.rooms().front().name(), "c");
}

TEST(room_index, has_limits_by_room) {
    room_index index(
        [](std::string_view name) { return history_limits{.messages_max = name == "a" ? 1U : 2U}; },
        10);
    for (std::uint64_t number = 1; number <= 6; ++number) {
        index.speak_in(number % 2 == 0 ? "a" : "b").add({number, 0, 1}, 0);
    }
    EXPECT_EQ(numbers(*index.find("a")), places{6});
    EXPECT_EQ(numbers(*index.find("b")), (places{3, 5}));
}

}  // namespace
}  // namespace trunkline::room_history
