#include <trunkline/rooms/room.hpp>

#include <trunkline/rooms/testing.hpp>

#include <gtest/gtest.h>

namespace trunkline::rooms {
namespace {

using namespace testing;
using texts = std::vector<std::string>;

TEST(room, tells_all_members_on_all_shards_the_same_order) {
    test_world world({}, 3);
    std::vector<guest> guests(9);
    for (std::size_t i = 0; i < guests.size(); ++i) {
        world.enter(guests[i], "r", i % 3);
    }
    texts said;
    for (int i = 0; i < 20; ++i) {
        say(*world.all.open("r"), std::to_string(i));
        said.push_back(std::to_string(i));
        if (i % 7 == 0) {
            world.loops[static_cast<std::size_t>(i) % 3]->run_until_idle();
        }
    }
    world.run();
    for (guest const& each : guests) {
        EXPECT_EQ(each.is.heard, said);
        EXPECT_TRUE(std::is_sorted(each.is.numbers.begin(), each.is.numbers.end()));
    }
}

TEST(room, hands_over_once_for_each_shard_and_wakes_once_for_each_drain) {
    test_world world({}, 4);
    std::vector<guest> guests(300);
    for (std::size_t i = 0; i < guests.size(); ++i) {
        world.enter(guests[i], "r", i % 3);  // nobody is on the fourth
    }
    auto const room = world.all.open("r");
    for (int i = 0; i < 10; ++i) {
        say(*room, "x");
    }
    EXPECT_EQ(world.counters(), (shard_counters{.handed_over = 30, .wakes = 3, .deliveries = 0}));
    world.run();
    EXPECT_EQ(world.counters(),
              (shard_counters{.handed_over = 30, .wakes = 3, .deliveries = 3000}));
    for (guest const& each : guests) {
        EXPECT_EQ(each.is.offers, 1U);  // ten messages in one
    }
    say(*room, "x");
    world.run();
    EXPECT_EQ(world.counters().wakes, 6U);
}

TEST(room, can_be_drained_by_who_has_published) {
    test_world world;
    guest one;
    world.enter(one, "r");
    say(*world.all.open("r"), "x");
    world.shards[0]->drain();
    EXPECT_EQ(one.is.heard, texts{"x"});
    world.run();
    EXPECT_EQ(one.is.heard, texts{"x"});
}

TEST(room, tells_newcomers_nothing_said_before) {
    test_world world;
    guest early;
    guest late;
    world.enter(early, "r");
    say(*world.all.open("r"), "before");
    world.enter(late, "r");
    say(*world.all.open("r"), "after");
    world.run();
    EXPECT_EQ(early.is.heard, (texts{"before", "after"}));
    EXPECT_EQ(late.is.heard, texts{"after"});
}

TEST(room, tells_nothing_to_who_has_left) {
    test_world world;
    guest stays;
    guest leaves;
    world.enter(stays, "r");
    world.enter(leaves, "r");
    say(*world.all.open("r"), "x");
    std::ignore = leaves.in.leave();
    world.run();
    EXPECT_EQ(stays.is.heard, texts{"x"});
    EXPECT_TRUE(leaves.is.heard.empty());
    EXPECT_FALSE(leaves.in);
}

TEST(room, hears_nothing_of_other_rooms) {
    test_world world;
    guest a;
    guest b;
    world.enter(a, "a");
    world.enter(b, "b");
    say(a.in.where(), "to a");
    say(b.in.where(), "to b");
    world.run();
    EXPECT_EQ(a.is.heard, texts{"to a"});
    EXPECT_EQ(b.is.heard, texts{"to b"});
}

TEST(room, may_be_one_of_several_of_a_member) {
    test_world world;
    guest one;
    membership also;
    world.enter(one, "a");
    std::ignore = also.join(*world.shards[0], world.all.open("b"), one.is, 1, {});
    say(*world.all.open("a"), "a");
    say(*world.all.open("b"), "b");
    world.run();
    EXPECT_EQ(one.is.heard, (texts{"a", "b"}));
    std::ignore = also.leave();
    say(one.in.where(), "c");
    world.run();
    EXPECT_EQ(one.is.heard, (texts{"a", "b", "c"}));
}

TEST(room, knows_who_is_there) {
    test_world world({}, 2);
    std::vector<guest> guests(5);
    for (std::size_t i = 0; i < guests.size(); ++i) {
        world.enter(guests[i], "r", i % 2, 100 + i, i == 1 ? "Ann" : "");
    }
    auto const room = world.all.open("r");
    EXPECT_EQ(room->members(), 5U);
    std::ignore = guests[0].in.leave();
    guests[3].in.rename("Bob");
    EXPECT_EQ(room->members(), 4U);
    auto const page = room->page(0, 3);
    ASSERT_EQ(page.size(), 3U);
    EXPECT_EQ(page[0].number, 101U);
    EXPECT_EQ(page[0].name, "Ann");
    EXPECT_EQ(page[1].name, "");
    EXPECT_EQ(page[2].name, "Bob");
    ASSERT_EQ(room->page(page[2].seat, 3).size(), 1U);
    EXPECT_EQ(room->page(page[2].seat, 3)[0].number, 104U);
}

TEST(room, goes_with_the_last_who_holds_it) {
    test_world world({}, 2);
    {
        guest a;
        guest b;
        world.enter(a, "r", 0);
        world.enter(b, "r", 1);
        say(a.in.where(), "x");
        EXPECT_EQ(world.all.rooms(), 1U);
    }
    world.run();
    EXPECT_EQ(world.all.rooms(), 0U);
    guest again;
    world.enter(again, "r");
    say(again.in.where(), "y");
    std::ignore = again.in.leave();
    world.enter(again, "r");
    say(again.in.where(), "z");
    world.run();
    EXPECT_EQ(again.is.heard, texts{"z"});
    EXPECT_EQ(world.all.rooms(), 1U);
}

TEST(room, numbers_grow_over_all_rooms) {
    test_world world;
    guest a;
    guest b;
    world.enter(a, "a");
    world.enter(b, "b");
    EXPECT_EQ(world.all.next_number(), 1U);
    say(a.in.where(), "x");
    say(b.in.where(), "x");
    EXPECT_EQ(world.all.next_number(), 4U);
    world.run();
    EXPECT_EQ(a.is.numbers, std::vector<std::uint64_t>{2});
    EXPECT_EQ(b.is.numbers, std::vector<std::uint64_t>{3});
}

// What a server says when somebody comes or goes, so that the whole storm is counted.
void announce(room& in, member& who, crowd_news const& news) {
    if (news.to_everybody) {
        say(in, "came or went");
    } else {
        who.tell(draft("came or went").finish(0));
    }
    if (news.counts) {
        say(in, "counts");
    }
}

TEST(room, takes_a_storm_of_joins_and_leaves_without_squared_work) {
    constexpr std::size_t many = 10'000;
    test_world world({}, 2);
    std::vector<guest> guests(many);
    for (std::size_t i = 0; i < many; ++i) {
        crowd_news const news = world.enter(guests[i], "r", i % 2, i + 1);
        announce(guests[i].in.where(), guests[i].is, news);
        world.run();
    }
    auto const room = world.all.open("r");
    EXPECT_EQ(room->members(), many);
    constexpr std::size_t small = notice_members_max;
    constexpr std::size_t for_joins = small * (small + 1) / 2 + many * count_notice_share;
    EXPECT_LE(world.counters().deliveries, for_joins);
    EXPECT_LE(world.counters().handed_over, 2 * many);
    for (std::size_t i = 0; i < many; ++i) {
        announce(*room, guests[i].is, guests[i].in.leave());
        world.run();
    }
    EXPECT_EQ(room->members(), 0U);
    EXPECT_LE(world.counters().deliveries, 2 * for_joins);
    EXPECT_GE(guests[0].is.heard.size(), small);
}

}  // namespace
}  // namespace trunkline::rooms
