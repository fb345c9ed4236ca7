#include <trunkline/transport/simulated_runtime.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace trunkline::transport {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(simulated_runtime, runs_by_time_then_by_order_of_asking) {
    simulated_runtime loop;
    std::vector<int> order;
    auto const late = loop.after(milliseconds(20), [&] { order.push_back(4); });
    auto const early = loop.after(milliseconds(10), [&] { order.push_back(2); });
    auto const same = loop.after(milliseconds(10), [&] { order.push_back(3); });
    loop.post([&] { order.push_back(1); });
    loop.run_for(milliseconds(20));
    EXPECT_EQ(order, (std::vector{1, 2, 3, 4}));
    EXPECT_EQ(loop.now().time_since_epoch(), milliseconds(20));
}

TEST(simulated_runtime, idle_means_that_time_stands_still) {
    simulated_runtime loop;
    int ran = 0;
    auto const timer = loop.after(milliseconds(1), [&] { ran += 100; });
    loop.post([&] { loop.post([&] { ++ran; }); });
    loop.run_until_idle();
    EXPECT_EQ(ran, 1);
    EXPECT_EQ(loop.now().time_since_epoch().count(), 0);
    EXPECT_TRUE(loop.run_one());
    EXPECT_EQ(ran, 101);
    EXPECT_FALSE(loop.run_one());
}

TEST(simulated_runtime, the_wall_clock_is_moved_alone) {
    simulated_runtime loop;
    auto const wall = loop.wall_clock_us();
    loop.move_wall_clock(-hours(2));
    loop.run_for(hours(1));
    EXPECT_EQ(wall - loop.wall_clock_us(), 3600 * 1'000'000ULL);
    EXPECT_EQ(loop.now().time_since_epoch(), hours(1));
    loop.move_wall_clock(hours(1));
    EXPECT_EQ(loop.wall_clock_us(), wall);
}

TEST(simulated_runtime, runs_no_more_steps_than_it_may) {
    simulated_runtime loop;
    int ran = 0;
    std::function<void()> spin = [&] {
        ++ran;
        loop.post(spin);
    };
    loop.post(spin);
    loop.limit_steps(5);
    EXPECT_FALSE(loop.is_worn_out());
    EXPECT_FALSE(loop.wait_until([] { return false; }));
    EXPECT_EQ(ran, 5);
    EXPECT_TRUE(loop.is_worn_out());
    EXPECT_FALSE(loop.run_one());
    loop.run_until_idle();
    loop.run_for(hours(1));
    EXPECT_EQ(ran, 5);
    EXPECT_EQ(loop.now().time_since_epoch().count(), 0);
    EXPECT_EQ(loop.pending(), 1U);
    loop.limit_steps(1);
    EXPECT_FALSE(loop.is_worn_out());
    EXPECT_TRUE(loop.run_one());
}

TEST(simulated_runtime, is_not_worn_out_when_the_work_ends_with_its_steps) {
    simulated_runtime loop;
    loop.limit_steps(1);
    loop.post([] {});
    loop.run_for(hours(1));
    EXPECT_FALSE(loop.is_worn_out());
    EXPECT_EQ(loop.now().time_since_epoch(), hours(1));
}

TEST(simulated_runtime, tells_of_each_piece_of_work_whoever_runs_it) {
    simulated_runtime loop;
    std::vector<simulated_runtime::duration> ran;
    loop.watch([&] { ran.push_back(loop.now().time_since_epoch()); });
    loop.post([] {});
    auto const one = loop.after(milliseconds(1), [] {});
    auto const other = loop.after(milliseconds(2), [] {});
    static_cast<void>(loop.after(milliseconds(1), [] {}));  // never runs
    EXPECT_TRUE(loop.run_one());
    EXPECT_TRUE(loop.wait_until([&] { return ran.size() == 2; }));
    loop.run_for(milliseconds(5));
    EXPECT_EQ(ran, (std::vector<simulated_runtime::duration>{milliseconds(0), milliseconds(1),
                                                             milliseconds(2)}));
    loop.watch({});
    loop.post([] {});
    loop.run_until_idle();
    EXPECT_EQ(ran.size(), 3U);
}

TEST(simulated_runtime, run_for_stops_exactly_and_includes_its_end) {
    simulated_runtime loop;
    int ran = 0;
    auto const at_end = loop.after(hours(5), [&] { ++ran; });
    auto const after_end = loop.after(hours(5) + runtime::duration(1), [&] { ran += 100; });
    auto const wall = loop.wall_clock_us();
    loop.run_for(hours(5));
    EXPECT_EQ(ran, 1);
    EXPECT_EQ(loop.wall_clock_us() - wall, 5 * 3600 * 1'000'000ULL);
}

TEST(simulated_runtime, run_until_stops_at_the_goal_or_at_the_deadline) {
    simulated_runtime loop;
    bool reached = false;
    auto const goal = loop.after(milliseconds(30), [&] { reached = true; });
    EXPECT_FALSE(loop.run_until([&] { return reached; }, milliseconds(29)));
    EXPECT_TRUE(loop.run_until([&] { return reached; }, milliseconds(31)));
    EXPECT_EQ(loop.now().time_since_epoch(), milliseconds(30));
}

TEST(simulated_runtime, a_destroyed_timer_is_never_called) {
    simulated_runtime loop;
    bool fired = false;
    std::unique_ptr<timer> victim;
    auto const killer = loop.after(milliseconds(1), [&] { victim.reset(); });
    victim = loop.after(milliseconds(1), [&] { fired = true; });
    loop.run_for(milliseconds(5));
    EXPECT_FALSE(fired);
    EXPECT_EQ(loop.pending(), 0U);
}

TEST(simulated_runtime, a_timer_may_destroy_itself) {
    simulated_runtime loop;
    std::unique_ptr<timer> own;
    auto const token = std::make_shared<int>(7);
    int seen = 0;
    own = loop.after(milliseconds(1), [&, token] {
        own.reset();
        seen = *token;
    });
    loop.run_for(milliseconds(1));
    EXPECT_EQ(seen, 7);
}

TEST(simulated_runtime, work_left_at_the_end_may_own_timers) {
    auto const token = std::make_shared<int>(1);
    {
        simulated_runtime loop;
        std::shared_ptr<timer> const held = loop.after(hours(1), [token] {});
        loop.post([held, token] {});
    }
    EXPECT_EQ(token.use_count(), 1);
}

TEST(simulated_runtime, takes_posts_from_other_threads) {
    simulated_runtime loop;
    int ran = 0;
    {
        std::vector<std::jthread> posters;
        for (int thread = 0; thread < 4; ++thread) {
            posters.emplace_back([&] {
                for (int post = 0; post < 500; ++post) {
                    loop.post([&] { ++ran; });
                }
            });
        }
        while (ran < 2000) {
            loop.run_until_idle();
        }
    }
    EXPECT_EQ(ran, 2000);
}

}  // namespace
}  // namespace trunkline::transport
