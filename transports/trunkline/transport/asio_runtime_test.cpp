#include <trunkline/transport/asio_runtime.hpp>

#include <trunkline/transport/file_descriptor.hpp>
#include <trunkline/transport/socket_stream.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <array>
#include <memory>
#include <thread>
#include <vector>

namespace trunkline::transport {
namespace {

using std::chrono::milliseconds;

TEST(asio_runtime, timers_fire_in_order_and_not_early) {
    asio_runtime loop;
    auto const begin = loop.now();
    std::vector<int> order;
    std::vector<runtime::duration> late;
    auto const note = [&](int number, milliseconds due) {
        order.push_back(number);
        late.push_back(loop.now() - begin - due);
        if (order.size() == 3) {
            loop.stop();
        }
    };
    auto const third = loop.after(milliseconds(30), [&] { note(3, milliseconds(30)); });
    auto const first = loop.after(milliseconds(5), [&] { note(1, milliseconds(5)); });
    auto const second = loop.after(milliseconds(15), [&] { note(2, milliseconds(15)); });
    loop.run();
    EXPECT_EQ(order, (std::vector{1, 2, 3}));
    for (auto const lateness : late) {
        EXPECT_GE(lateness.count(), 0);
    }
}

TEST(asio_runtime, a_destroyed_timer_does_not_fire_even_when_it_has_expired) {
    asio_runtime loop;
    bool fired = false;
    std::unique_ptr<timer> victim;
    // Both are due in the same turn: the first takes the second away after its expiry.
    auto const killer = loop.after(milliseconds(1), [&] { victim.reset(); });
    victim = loop.after(milliseconds(1), [&] { fired = true; });
    auto const end = loop.after(milliseconds(20), [&] { loop.stop(); });
    std::this_thread::sleep_until(std::chrono::steady_clock::now() + milliseconds(3));
    loop.run();
    EXPECT_FALSE(fired);
}

TEST(asio_runtime, a_timer_may_destroy_itself_from_its_own_work) {
    asio_runtime loop;
    std::unique_ptr<timer> own;
    auto const token = std::make_shared<int>(7);
    int seen = 0;
    own = loop.after(milliseconds(1), [&, token] {
        own.reset();
        seen = *token;  // the captures must outlive the timer
        loop.stop();
    });
    loop.run();
    EXPECT_EQ(seen, 7);
}

TEST(asio_runtime, post_runs_in_order_on_the_loop_and_never_inside_the_call) {
    asio_runtime loop;
    std::vector<int> order;
    loop.post([&] {
        loop.post([&] {
            order.push_back(3);
            loop.stop();
        });
        order.push_back(1);
    });
    loop.post([&] { order.push_back(2); });
    EXPECT_TRUE(order.empty());
    loop.run();
    EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST(asio_runtime, tells_how_much_waits) {
    asio_runtime loop;
    EXPECT_EQ(loop.pending(), 0U);
    loop.post([] {});
    auto const kept = loop.after(std::chrono::hours(1), [] {});
    auto dropped = loop.after(std::chrono::hours(1), [] {});
    std::size_t inside = 0;
    auto const fires = loop.after(milliseconds(1), [&] {
        inside = loop.pending();
        loop.stop();
    });
    EXPECT_EQ(loop.pending(), 4U);
    dropped.reset();
    EXPECT_EQ(loop.pending(), 3U);
    loop.run();
    EXPECT_EQ(inside, 1U);
    EXPECT_EQ(loop.pending(), 1U);
}

TEST(asio_runtime, posts_from_many_threads_all_arrive_on_the_loop_thread) {
    constexpr int threads = 4;
    constexpr int posts = 2000;
    asio_runtime loop;
    int arrived = 0;  // touched by the loop's thread only: the race detector holds us to it
    auto const loop_thread = std::this_thread::get_id();
    std::vector<std::jthread> posters;
    for (int thread = 0; thread < threads; ++thread) {
        posters.emplace_back([&] {
            for (int post = 0; post < posts; ++post) {
                loop.post([&] {
                    EXPECT_EQ(std::this_thread::get_id(), loop_thread);
                    if (++arrived == threads * posts) {
                        loop.stop();
                    }
                });
            }
        });
    }
    loop.run();
    EXPECT_EQ(arrived, threads * posts);
}

TEST(asio_runtime, stop_comes_from_any_thread_and_the_loop_can_run_again) {
    asio_runtime loop;
    for (int round = 0; round < 3; ++round) {
        std::jthread const stopper([&] { loop.stop(); });
        loop.run();
    }
    bool ran = false;
    loop.post([&] {
        ran = true;
        loop.stop();
    });
    loop.run();
    EXPECT_TRUE(ran);
}

// Whatever ended its last work since it ran has stopped it.
TEST(asio_runtime, a_blocking_call_runs_a_loop_that_was_stopped) {
    asio_runtime loop;
    loop.run_in_blocking_calls(std::chrono::seconds(60));
    {
        auto const last_work = boost::asio::make_work_guard(loop.context());
    }
    EXPECT_TRUE(loop.context().stopped());
    bool ran = false;
    loop.post([&] { ran = true; });
    EXPECT_TRUE(loop.wait_until([&] { return ran; }));
    EXPECT_FALSE(loop.context().stopped());
}

TEST(asio_runtime, what_a_blocking_call_waits_for_may_hold_for_a_moment_only) {
    asio_runtime loop;
    loop.run_in_blocking_calls(std::chrono::seconds(60));
    int asked = 0;
    loop.post([] {});
    EXPECT_TRUE(loop.wait_until([&] { return ++asked == 2; }));
    EXPECT_EQ(asked, 2);
}

TEST(asio_runtime, work_left_at_the_end_is_destroyed_without_a_call) {
    boost::asio::io_context context;
    auto const token = std::make_shared<int>(1);
    bool called = false;
    {
        asio_runtime loop(context);
        loop.post([&called, token] { called = true; });
    }
    EXPECT_EQ(token.use_count(), 1);
    context.run();
    EXPECT_FALSE(called);
}

// As the handler of a connect does that has succeeded and was not called any more.
TEST(asio_runtime, handlers_left_at_the_end_may_hold_what_is_watched) {
    struct : readiness_sink {
        void on_ready(bool, bool) override {}
    } sink;
    for (bool const ran : {false, true}) {
        auto const token = std::make_shared<int>();
        std::array<int, 2> ends{};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
        file_descriptor const far(ends[1]);
        {
            asio_runtime loop;
            if (ran) {
                loop.post([&] { loop.stop(); });
                loop.run();
            }
            auto stream = std::make_shared<socket_stream>(loop, file_descriptor(ends[0]));
            stream->watch(&sink, true, true);
            auto clock = std::shared_ptr(loop.after(milliseconds(1), [] {}));
            boost::asio::post(loop.executor(), [stream, clock, token] {});
        }
        EXPECT_EQ(token.use_count(), 1);
    }
}

TEST(asio_runtime, runs_on_a_given_context) {
    boost::asio::io_context context;
    asio_runtime loop(context);
    bool fired = false;
    auto const soon = loop.after(milliseconds(1), [&] { fired = true; });
    context.run();
    EXPECT_TRUE(fired);
    EXPECT_EQ(&loop.context(), &context);
}

}  // namespace
}  // namespace trunkline::transport
