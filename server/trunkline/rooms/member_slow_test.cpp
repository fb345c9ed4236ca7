// Members that do not keep up, under each policy: what waits is bounded to the byte, they are told
// what they missed, and nobody else notices.
#include <trunkline/rooms/member.hpp>

#include <trunkline/rooms/testing.hpp>

#include <gtest/gtest.h>

namespace trunkline::rooms {
namespace {

using namespace testing;
using texts = std::vector<std::string>;

room_options with(slow_policy slow, std::size_t messages_max = 4, std::size_t size_max = 100) {
    return {.slow = slow, .queue = {.messages_max = messages_max, .size_max = size_max}};
}

/// A room with one who takes everything and one who takes `takes` messages.
struct busy_room {
    explicit busy_room(room_options const& options, std::size_t takes = 0)
        : world(options), slow(takes) {
        world.enter(fast, "r");
        world.enter(slow, "r");
        where = world.all.open("r");
    }

    /// Each is delivered before the next is said.
    void say_each(int count, std::size_t size = 1) {
        for (int i = 0; i < count; ++i) {
            say(*where, std::string(size - 1, '.') + static_cast<char>('a' + said++ % 26));
            world.run();
            EXPECT_EQ(fast.is.heard.size(), static_cast<std::size_t>(said));  // never delayed
        }
    }

    test_world world;
    std::shared_ptr<room> where;
    guest fast;
    guest slow;
    int said = 0;
};

TEST(member_slow, gets_what_waited_in_order) {
    busy_room at(with(slow_policy::close), 1);
    at.say_each(4);
    EXPECT_EQ(at.slow.is.heard, texts{"a"});
    EXPECT_EQ(at.slow.is.waiting_size(), 3U);
    std::size_t const offers = at.slow.is.offers;
    at.say_each(1);
    EXPECT_EQ(at.slow.is.offers, offers);  // not before it says so
    at.slow.is.take_more(2);
    EXPECT_EQ(at.slow.is.heard, (texts{"a", "b", "c"}));
    at.slow.is.take_more(scripted_member::everything);
    at.say_each(1);
    EXPECT_EQ(at.slow.is.heard, (texts{"a", "b", "c", "d", "e", "f"}));
    EXPECT_FALSE(at.slow.is.has_waiting());
    EXPECT_EQ(at.slow.is.overflows, 0U);
}

TEST(member_slow, is_closed_above_the_count) {
    busy_room at(with(slow_policy::close));
    at.say_each(4);
    EXPECT_EQ(at.slow.is.overflows, 0U);
    at.say_each(1);
    EXPECT_EQ(at.slow.is.overflows, 1U);
    EXPECT_FALSE(at.slow.is.has_waiting());
    at.say_each(20);
    EXPECT_EQ(at.slow.is.overflows, 1U);  // once
    at.slow.is.take_more(5);
    EXPECT_TRUE(at.slow.is.heard.empty());  // and nothing afterwards
}

TEST(member_slow, is_closed_above_the_bytes) {
    busy_room at(with(slow_policy::close, 100, 100));
    at.say_each(2, 50);
    EXPECT_EQ(at.slow.is.waiting_size(), 100U);
    at.say_each(1, 50);  // 150, without the largest 100
    EXPECT_EQ(at.slow.is.overflows, 0U);
    at.say_each(1, 1);
    EXPECT_EQ(at.slow.is.overflows, 1U);
}

TEST(member_slow, is_never_closed_for_a_single_message) {
    busy_room at(with(slow_policy::close, 100, 100));
    at.say_each(1, 1000);
    at.say_each(50, 2);
    EXPECT_EQ(at.slow.is.overflows, 0U);
    EXPECT_EQ(at.slow.is.waiting_size(), 1100U);
    at.slow.is.take_more(51);
    at.say_each(1, 60);
    at.say_each(1, 5000);  // it comes behind another
    EXPECT_EQ(at.slow.is.overflows, 0U);
    at.say_each(1, 41);
    EXPECT_EQ(at.slow.is.overflows, 1U);
}

TEST(member_slow, misses_the_oldest_and_is_told) {
    busy_room at(with(slow_policy::drop_oldest), 1);
    at.say_each(8);  // a is taken; of b to h four wait
    EXPECT_EQ(at.slow.is.waiting_size(), 4U);
    at.slow.is.take_more(scripted_member::everything);
    EXPECT_EQ(at.slow.is.heard, (texts{"a", "missed 3 in r: 2-4", "e", "f", "g", "h"}));
    at.say_each(1);
    EXPECT_EQ(at.slow.is.heard.back(), "i");
    EXPECT_EQ(at.slow.is.overflows, 0U);
}

TEST(member_slow, misses_the_oldest_beyond_the_bytes) {
    busy_room at(with(slow_policy::drop_oldest, 100, 100));
    for (int i = 0; i < 500; ++i) {
        at.say_each(1, 1 + static_cast<std::size_t>(i) * 7 % 40);
        ASSERT_LE(at.slow.is.waiting_size(), 100U);
    }
    at.say_each(1, 1000);  // alone, it may
    EXPECT_EQ(at.slow.is.waiting_size(), 1000U);
    at.say_each(1, 1);
    EXPECT_EQ(at.slow.is.waiting_size(), 1U);
    at.slow.is.take_more(scripted_member::everything);
    ASSERT_EQ(at.slow.is.heard.size(), 2U);
    EXPECT_EQ(at.slow.is.heard[0], "missed 501 in r: 1-501");
}

// Told once it is the next to be taken, so that a gap which grows is one gap.
TEST(member_slow, is_told_of_one_gap_at_a_time) {
    busy_room at(with(slow_policy::drop_oldest));
    at.say_each(6);
    at.slow.is.take_more(0);
    at.say_each(2);
    at.slow.is.take_more(1);
    EXPECT_EQ(at.slow.is.heard, texts{"missed 2 in r: 1-2"});
    at.slow.is.take_more(scripted_member::everything);
    EXPECT_EQ(at.slow.is.heard, (texts{"missed 2 in r: 1-2", "missed 3 in r: 3-5", "f", "g", "h"}));
}

TEST(member_slow, gets_the_latest_alone) {
    busy_room at(with(slow_policy::keep_latest), 1);
    at.say_each(10, 30);
    EXPECT_EQ(at.slow.is.waiting_size(), 30U);
    at.slow.is.take_more(scripted_member::everything);
    ASSERT_EQ(at.slow.is.heard.size(), 3U);
    EXPECT_EQ(at.slow.is.heard[1], "missed 8 in r: 2-9");
    EXPECT_EQ(at.slow.is.heard[2].back(), 'j');
}

TEST(member_slow, holds_publishers_back_until_it_has_caught_up) {
    busy_room at(with(slow_policy::wait, 8, 1000));
    at.say_each(3);
    EXPECT_TRUE(at.fast.in.may_publish());
    at.say_each(1);
    EXPECT_TRUE(at.where->is_held_back());
    EXPECT_FALSE(at.fast.in.may_publish());
    at.slow.is.take_more(2);
    at.world.run();
    EXPECT_FALSE(at.fast.in.may_publish());
    EXPECT_EQ(at.fast.is.openings, 0U);
    at.slow.is.take_more(1);
    at.world.run();
    EXPECT_EQ(at.fast.is.openings, 1U);
    EXPECT_EQ(at.slow.is.openings, 0U);  // it had not asked
    EXPECT_TRUE(at.fast.in.may_publish());
    at.say_each(20 - 4);
    EXPECT_EQ(at.slow.is.overflows, 1U);  // by those who do not care
    EXPECT_FALSE(at.where->is_held_back());
}

TEST(member_slow, holds_nobody_back_once_it_has_left) {
    busy_room at(with(slow_policy::wait));
    at.say_each(3);
    EXPECT_FALSE(at.fast.in.may_publish());
    std::ignore = at.slow.in.leave();
    at.world.run();
    EXPECT_EQ(at.fast.is.openings, 1U);
    at.slow.is.take_more(scripted_member::everything);
    EXPECT_EQ(at.slow.is.heard, (texts{"a", "b", "c"}));  // said while it was there
}

TEST(member_slow, of_two_rooms_is_within_one_bound_and_each_has_its_policy) {
    local_bus network;
    hall all(network, [](std::string_view name) {
        return with(name == "latest" ? slow_policy::keep_latest : slow_policy::drop_oldest);
    });
    transport::simulated_runtime loop;
    shard on(loop);
    guest one(0);
    membership also;
    std::ignore = one.in.join(on, all.open("latest"), one.is, 1, {});
    std::ignore = also.join(on, all.open("oldest"), one.is, 1, {});
    for (int i = 0; i < 6; ++i) {
        say(one.in.where(), "l" + std::to_string(i));
        loop.run_until_idle();
        say(also.where(), "o" + std::to_string(i));
        loop.run_until_idle();
        ASSERT_LE(one.is.waiting_size(), 8U);
    }
    one.is.take_more(scripted_member::everything);
    EXPECT_EQ(one.is.heard, (texts{"missed 3 in oldest: 2-6", "o3", "o4", "missed 5 in latest: 1-9",
                                   "l5", "o5"}));
    std::ignore = also.leave();
    std::ignore = one.in.leave();
    loop.run_until_idle();
}

TEST(member_slow, hears_what_is_said_to_it_alone_in_its_turn) {
    busy_room at(with(slow_policy::drop_oldest), 0);
    at.say_each(2);
    at.slow.is.tell(draft("alone").finish(99));
    at.say_each(4);  // the others go, what is for it alone stays
    at.slow.is.take_more(scripted_member::everything);
    EXPECT_EQ(at.slow.is.heard, (texts{"alone", "missed 3 in r: 1-3", "d", "e", "f"}));
}

TEST(member_slow, shares_what_waits_with_all_others) {
    test_world world(with(slow_policy::close, 100, 1'000'000));
    std::vector<std::unique_ptr<guest>> guests;
    for (int i = 0; i < 50; ++i) {
        world.enter(*guests.emplace_back(std::make_unique<guest>(0)), "r");
    }
    std::size_t const before = shared_message::size_of_all();
    say(*world.all.open("r"), std::string(10'000, 'x'));
    world.run();
    EXPECT_EQ(guests[7]->is.waiting_size(), 10'000U);
    EXPECT_EQ(shared_message::size_of_all(), before + 10'000);
    guests.clear();
    EXPECT_EQ(shared_message::size_of_all(), before);
}

}  // namespace
}  // namespace trunkline::rooms
