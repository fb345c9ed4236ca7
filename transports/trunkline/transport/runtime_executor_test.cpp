#include <trunkline/transport/runtime_executor.hpp>

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace trunkline::transport {
namespace {

using namespace std::chrono_literals;

TEST(runtime_executor, it_runs_work_on_its_loop_in_order_and_never_inside) {
    simulated_runtime loop;
    std::string order;
    boost::asio::post(loop.executor(), [&] {
        order += "a";
        boost::asio::dispatch(loop.executor(), [&] { order += "c"; });
        order += "b";
    });
    EXPECT_EQ(order, "");
    loop.run_until_idle();
    EXPECT_EQ(order, "abc");
}

TEST(runtime_executor, its_copies_are_equal_and_those_of_another_loop_are_not) {
    simulated_runtime one;
    simulated_runtime two;
    EXPECT_EQ(one.executor(), one.executor());
    EXPECT_NE(one.executor(), two.executor());
}

TEST(runtime_executor, work_that_comes_when_the_loop_has_gone_is_destroyed) {
    auto const held = std::make_shared<int>(1);
    boost::asio::any_io_executor left;
    {
        simulated_runtime loop;
        left = loop.executor();
        boost::asio::post(left, [held] { FAIL(); });
    }
    EXPECT_EQ(held.use_count(), 1);
    boost::asio::post(left, [held] { FAIL(); });
    EXPECT_EQ(held.use_count(), 1);
}

TEST(runtime_executor, any_thread_may_post) {
    simulated_runtime loop;
    auto const executor = loop.executor();
    int count = 0;  // of the loop's thread alone
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 100; ++i) {
                boost::asio::post(executor, [&] { ++count; });
            }
        });
    }
    for (auto& each : threads) {
        each.join();
    }
    loop.run_until_idle();
    EXPECT_EQ(count, 400);
}

TEST(runtime_executor, that_of_a_real_loop_is_asios_own) {
    asio_runtime loop;
    EXPECT_EQ(loop.executor(), boost::asio::any_io_executor(loop.context().get_executor()));
}

TEST(start_timer, it_waits_in_virtual_time_also_behind_a_strand) {
    simulated_runtime loop;
    auto const strand = boost::asio::make_strand(loop.executor());
    std::optional<runtime::duration> at;
    auto const begin = loop.now();
    auto const timer = start_timer(strand, 3h, [&] { at = loop.now() - begin; });
    loop.run_for(2h);
    EXPECT_FALSE(at.has_value());
    loop.run_for(2h);
    EXPECT_EQ(at, 3h);
}

TEST(start_timer, one_that_is_destroyed_does_not_call) {
    simulated_runtime loop;
    boost::asio::io_context context;
    auto virtually = start_timer(loop.executor(), 0s, [] { FAIL(); });
    auto really = start_timer(context.get_executor(), 0s, [] { FAIL(); });
    virtually.reset();
    really.reset();
    loop.run_until_idle();
    context.run();
}

TEST(waiting, a_simulated_loop_is_run_until_it_is_done) {
    simulated_runtime loop;
    bool done = false;
    auto const timer = loop.after(5h, [&] { done = true; });
    EXPECT_TRUE(loop.wait_until([&] { return done; }));
    EXPECT_FALSE(loop.wait_until([] { return false; }));
}

TEST(waiting, nobody_waits_inside_of_work_or_on_a_real_loop) {
    simulated_runtime loop;
    asio_runtime real;
    std::optional<bool> waited;
    loop.post([&] { waited = loop.wait_until([] { return true; }); });
    loop.run_until_idle();
    EXPECT_EQ(waited, false);
    EXPECT_FALSE(real.wait_until([] { return true; }));
}

TEST(keeping, it_lasts_as_long_as_ticket_and_loop) {
    auto const held = std::make_shared<int>(1);
    std::shared_ptr<void> late;
    {
        simulated_runtime loop;
        auto ticket = loop.keep(held);
        EXPECT_EQ(held.use_count(), 2);
        ticket.reset();
        EXPECT_EQ(held.use_count(), 1);
        late = loop.keep(held);
    }
    EXPECT_EQ(held.use_count(), 1);
    late.reset();
}

}  // namespace
}  // namespace trunkline::transport
