#include <trunkline/transport/turn_queue.hpp>

#include <trunkline/transport/loop_commons.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace trunkline::transport {
namespace {

struct wish final : turn_work {
    void on_turn() override {
        ++turns;
        if (then) {
            then();
        }
    }
    int turns = 0;
    std::function<void()> then;
};

struct turn_queue_fixture : ::testing::Test {
    turn_queue& queue() { return loop.commons().turns(); }
    simulated_runtime loop;
};

TEST_F(turn_queue_fixture, many_wishes_are_one_call_and_one_wake) {
    wish one;
    wish two;
    for (int times = 0; times < 5; ++times) {
        queue().add(one);
        queue().add(two);
    }
    EXPECT_EQ(one.turns, 0);
    EXPECT_EQ(loop.pending(), 1U);
    loop.run_until_idle();
    EXPECT_EQ(one.turns, 1);
    EXPECT_EQ(two.turns, 1);
}

TEST_F(turn_queue_fixture, a_wish_during_the_turn_waits_for_the_next) {
    wish one;
    one.then = [&] {
        if (one.turns < 3) {
            queue().add(one);
        }
    };
    queue().add(one);
    EXPECT_TRUE(loop.run_one());
    EXPECT_EQ(one.turns, 1);
    loop.run_until_idle();
    EXPECT_EQ(one.turns, 3);
}

TEST_F(turn_queue_fixture, the_destroyed_are_not_called) {
    wish killer;
    auto victim = std::make_unique<wish>();
    killer.then = [&] { victim.reset(); };
    queue().add(killer);
    queue().add(*victim);
    loop.run_until_idle();
    EXPECT_EQ(killer.turns, 1);
    EXPECT_EQ(victim, nullptr);
    {
        wish alone;
        queue().add(alone);
    }
    loop.run_until_idle();
}

}  // namespace
}  // namespace trunkline::transport
