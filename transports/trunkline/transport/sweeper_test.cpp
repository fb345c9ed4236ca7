#include <trunkline/transport/sweeper.hpp>

#include <trunkline/transport/loop_commons.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

namespace trunkline::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct probe final : swept {
    void on_sweep(runtime::time_point now) override {
        times.push_back(now);
        if (then) {
            then();
        }
    }
    std::vector<runtime::time_point> times;
    std::function<void()> then;
};

struct sweeper_fixture : ::testing::Test {
    sweeper& sweep() { return loop.commons().sweep(); }
    simulated_runtime loop;
};

TEST_F(sweeper_fixture, looks_not_early_and_at_most_one_tick_late) {
    loop.run_for(milliseconds(123));
    std::vector<std::unique_ptr<probe>> probes;
    std::vector<runtime::time_point> wanted;
    for (int delay = 0; delay < 15'000; delay += 37) {
        probes.push_back(std::make_unique<probe>());
        wanted.push_back(loop.now() + milliseconds(delay));
        sweep().look_at(*probes.back(), wanted.back());
    }
    loop.run_for(seconds(20));
    for (std::size_t index = 0; index < probes.size(); ++index) {
        ASSERT_EQ(probes[index]->times.size(), 1U);
        EXPECT_GE(probes[index]->times[0], wanted[index]);
        EXPECT_LE(probes[index]->times[0], wanted[index] + sweeper::tick);
    }
}

TEST_F(sweeper_fixture, a_far_wish_is_looked_at_in_between) {
    probe far;
    auto const wanted = loop.now() + seconds(60);
    far.then = [&] {
        if (far.times.back() < wanted) {
            sweep().look_at(far, wanted);
        }
    };
    sweep().look_at(far, wanted);
    loop.run_for(seconds(61));
    EXPECT_GT(far.times.size(), 1U);
    EXPECT_LE(far.times.size(), 5U);
    EXPECT_GE(far.times.back(), wanted);
    EXPECT_LE(far.times.back(), wanted + sweeper::tick);
}

TEST_F(sweeper_fixture, the_last_wish_counts) {
    probe one;
    sweep().look_at(one, loop.now() + seconds(1));
    sweep().look_at(one, loop.now() + seconds(3));
    loop.run_for(seconds(2));
    EXPECT_TRUE(one.times.empty());
    sweep().look_at(one, loop.now());
    loop.run_for(sweeper::tick);
    EXPECT_EQ(one.times.size(), 1U);
}

TEST_F(sweeper_fixture, the_timer_runs_only_while_somebody_waits) {
    EXPECT_EQ(loop.pending(), 0U);
    EXPECT_FALSE(sweep().is_running());
    {
        probe gone;
        sweep().look_at(gone, loop.now() + seconds(1));
        EXPECT_EQ(loop.pending(), 1U);
    }
    EXPECT_TRUE(sweep().is_running());
    loop.run_for(sweeper::tick);
    EXPECT_EQ(loop.pending(), 0U);
    EXPECT_FALSE(sweep().is_running());
    probe later;
    loop.run_for(seconds(100));
    auto const wanted = loop.now() + seconds(1);
    sweep().look_at(later, wanted);
    loop.run_for(seconds(1) + sweeper::tick);
    ASSERT_EQ(later.times.size(), 1U);
    EXPECT_GE(later.times[0], wanted);
    EXPECT_EQ(loop.pending(), 0U);
}

TEST_F(sweeper_fixture, a_look_may_destroy_others_of_the_same_tick) {
    std::vector<std::unique_ptr<probe>> probes;
    int looks = 0;
    for (int index = 0; index < 4; ++index) {
        probes.push_back(std::make_unique<probe>());
        probes.back()->then = [&] {
            ++looks;
            // The first one called survives: its function is running.
            while (probes.size() > 1) {
                probes.pop_back();
            }
        };
        sweep().look_at(*probes.back(), loop.now() + seconds(1));
    }
    loop.run_for(seconds(2));
    EXPECT_EQ(looks, 1);
}

TEST_F(sweeper_fixture, a_late_wake_looks_at_everything_due) {
    probe early;
    probe late;
    sweep().look_at(early, loop.now() + seconds(1));
    sweep().look_at(late, loop.now() + seconds(9));
    // The clock jumps over many ticks inside one piece of work.
    bool told = false;
    auto const slow = loop.after(milliseconds(900), [&] {
        loop.run_for(seconds(10));
        told = true;
    });
    loop.run_for(seconds(12));
    EXPECT_TRUE(told);
    EXPECT_EQ(early.times.size(), 1U);
    EXPECT_EQ(late.times.size(), 1U);
}

}  // namespace
}  // namespace trunkline::transport
