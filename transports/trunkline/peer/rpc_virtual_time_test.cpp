// Servers and clients on a simulated loop: coroutines, timers and blocking calls in virtual time.
#include <trunkline/peer/test_world.hpp>
#include <trunkline/peer/wait.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <optional>

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;

/// A server and its clients on one loop that nobody runs but the test.
class virtual_time : public ::testing::Test {
protected:
    [[nodiscard]] rpc_server::builder a_server() {
        rpc_server::builder made;
        made.listen("memory:here").over(names_).run_on(loop_);
        return made;
    }
    [[nodiscard]] rpc_client::builder a_client() {
        rpc_client::builder made("memory:here");
        made.over(names_).run_on(loop_).default_timeout(0ms);
        return made;
    }
    [[nodiscard]] transport::runtime::duration passed() const { return loop_.now() - begin_; }

    memory::hub names_;
    transport::simulated_runtime loop_;
    transport::runtime::time_point const begin_ = loop_.now();
};

boost::asio::awaitable<text> late_echo(received<text> said, call_context) {
    co_await wait_for(2h);
    co_return text{said->value + ", late"};
}

TEST_F(virtual_time, a_blocking_call_runs_the_loop) {
    auto const server = a_server().handle(echo, [](text const& t) { return t; }).start().value();
    auto const client = a_client().connect().value();
    EXPECT_EQ(client.call(echo, {"hello"}).value()->value, "hello");
    EXPECT_EQ(passed(), 0s);
}

TEST_F(virtual_time, a_coroutine_handler_waits_hours_at_once) {
    auto const server = a_server().handle(echo, late_echo).start().value();
    auto const client = a_client().connect().value();
    EXPECT_EQ(client.call(echo, {"hello"}).value()->value, "hello, late");
    EXPECT_EQ(passed(), 2h);
}

TEST_F(virtual_time, a_coroutine_calls_and_waits) {
    auto const server = a_server().handle(echo, late_echo).start().value();
    auto const client = a_client().connect().value();
    std::string said;
    auto talk = [&]() -> boost::asio::awaitable<void> {
        text const request{"x"};
        for (int i = 0; i < 3; ++i) {
            auto const answer =
                co_await client.async_call(echo, request, boost::asio::use_awaitable);
            said += answer.value()->value + ";";
            co_await wait_for(30min);
        }
    };
    boost::asio::co_spawn(loop_.executor(), talk(), boost::asio::detached);
    loop_.run_for(6h + 59min);
    EXPECT_EQ(said, "x, late;x, late;");
    loop_.run_for(1min);
    EXPECT_EQ(said, "x, late;x, late;x, late;");
}

TEST_F(virtual_time, a_coroutine_connects) {
    auto const server = a_server().handle(echo, [](text const& t) { return t; }).start().value();
    std::string said;
    auto talk = [&]() -> boost::asio::awaitable<void> {
        auto builder = a_client();
        auto client = co_await builder.async_connect(boost::asio::use_awaitable);
        text const request{"x"};
        auto const answer =
            co_await client.value().async_call(echo, request, boost::asio::use_awaitable);
        said = answer.value()->value;
    };
    boost::asio::co_spawn(loop_.executor(), talk(), boost::asio::detached);
    loop_.run_until_idle();
    EXPECT_EQ(said, "x");
}

TEST_F(virtual_time, a_call_back_to_the_client_while_it_calls) {
    auto const server =
        a_server()
            .handle(add_one,
                    [](received<number> n,
                       call_context context) -> boost::asio::awaitable<call_result<number>> {
                        text const who{"who"};
                        auto const told = co_await context.caller.async_call(
                            echo, who, boost::asio::use_awaitable);
                        if (!told) {
                            co_return told.error();
                        }
                        co_return number{n->value + (*told)->value.size()};
                    })
            .start()
            .value();
    auto const client = a_client().handle(echo, late_echo).connect().value();
    EXPECT_EQ(client.call(add_one, {1}).value()->value, 1 + std::string("who, late").size());
}

TEST_F(virtual_time, a_call_by_a_client_that_has_gone_ends_a_turn_later) {
    auto const server = a_server().handle(echo, late_echo).start().value();
    std::optional<rpc_client> client(a_client().connect().value());
    peer const gone = *client;
    client.reset();
    std::optional<error_code> told;
    gone.async_call(echo, {"x"}, [&](auto const& answer) { told = answer.error().error; });
    EXPECT_FALSE(told.has_value());
    loop_.run_until_idle();
    EXPECT_EQ(told, rpc::rpc_error::not_connected);
}

TEST_F(virtual_time, a_deadline_passes_in_it) {
    bool ended = false;
    struct noted {
        bool& in;
        ~noted() { in = true; }
    };
    auto const server =
        a_server()
            .handle(never,
                    [&](received<text>, call_context) -> boost::asio::awaitable<text> {
                        noted const here{ended};
                        co_await wait_for(24h * 365);
                        co_return text{};
                    })
            .start()
            .value();
    std::optional<rpc_client> client(a_client().connect().value());
    EXPECT_EQ(client->call(never, {"?"}, {.timeout = 90s}).error().error,
              call_error::deadline_passed);
    EXPECT_EQ(passed(), 90s);
    EXPECT_FALSE(ended);
    client.reset();
    loop_.run_for(1min);
    EXPECT_TRUE(ended);  // the coroutine is cancelled in its wait when its connection ends
}

TEST_F(virtual_time, a_blocking_call_that_nothing_can_answer_fails) {
    auto const server =
        a_server()
            .handle(never,
                    [](received<text>, call_context) -> boost::asio::awaitable<text> {
                        co_await wait_for(24h * 365);
                        co_return text{};
                    })
            .start()
            .value();
    auto const client = a_client().connect().value();
    EXPECT_EQ(client.call(never, {"?"}).error().error, call_error::would_deadlock);
}

TEST_F(virtual_time, a_blocking_call_inside_the_loop_is_refused) {
    auto const server = a_server().handle(echo, [](text const& t) { return t; }).start().value();
    auto const client = a_client().connect().value();
    std::optional<error_code> inside;
    std::optional<error_code> connecting;
    client.async_call(echo, {"x"}, [&](auto) {
        inside = client.call(echo, {"y"}).error().error;
        connecting = a_client().connect().error();
    });
    loop_.run_until_idle();
    EXPECT_EQ(inside, call_error::would_deadlock);
    EXPECT_EQ(connecting, call_error::would_deadlock);
}

TEST_F(virtual_time, a_connect_that_nobody_answers_ends_in_its_time) {
    EXPECT_EQ(a_client().connect().error(), boost::system::errc::connection_refused);
    EXPECT_EQ(passed(), 0s);
}

// Goes on for hours after it was cancelled.
boost::asio::awaitable<text> stays(received<text>, call_context) {
    try {
        co_await wait_for(1h);
    } catch (boost::system::system_error const&) {
    }
    co_await boost::asio::this_coro::reset_cancellation_state();
    co_await wait_for(2h);
    co_return text{};
}

TEST_F(virtual_time, remains_of_client_and_server_tell_of_whatever_is_left) {
    std::optional<peer> kept;
    auto serving = a_server();
    auto const of_server = serving.remains();
    auto calling = a_client();
    auto const of_client = calling.remains();
    {
        auto const server = serving.handle(echo, stays).start().value();
        auto const client = calling.connect().value();
        client.async_call(echo, {"hello"}, [](auto const&) {});
        kept = client;
        loop_.run_for(1s);
    }
    loop_.run_until_idle();
    EXPECT_FALSE(of_client.expired());  // a handle
    EXPECT_FALSE(of_server.expired());  // a handler
    kept.reset();
    EXPECT_TRUE(of_client.expired());
    loop_.run_for(3h);
    EXPECT_TRUE(of_server.expired());
}

// What is kept for a connect goes with its loop: the leak checker looks.
TEST(virtual_time_ends, a_connect_may_go_with_its_loop) {
    memory::hub names;
    bool told = false;
    {
        transport::simulated_runtime loop;
        auto builder = rpc_client::builder("memory:here");
        builder.over(names).run_on(loop);
        builder.async_connect([&](result<rpc_client>) { told = true; });
    }
    EXPECT_FALSE(told);
    {
        transport::simulated_runtime quiet;
        auto const server =
            rpc_server::builder().listen("memory:here").over(names).run_on(quiet).start().value();
        transport::simulated_runtime loop;
        auto builder = rpc_client::builder("memory:here");
        builder.over(names).run_on(loop);
        builder.async_connect([&](result<rpc_client>) { told = true; });
        loop.run_until_idle();
    }
    EXPECT_FALSE(told);
}

TEST(virtual_time_ends, coroutines_may_go_with_their_loop) {
    int alive = 0;
    struct counted {
        int& in;
        explicit counted(int& where) : in(where) { ++in; }
        ~counted() { --in; }
    };
    {
        transport::simulated_runtime loop;
        auto rests = [&]() -> boost::asio::awaitable<void> {
            counted const here(alive);
            co_await wait_for(1h);
        };
        boost::asio::co_spawn(loop.executor(), rests(), boost::asio::detached);
        loop.run_until_idle();
        EXPECT_EQ(alive, 1);
    }
    EXPECT_EQ(alive, 0);
}

TEST(waiting_in_a_coroutine, it_is_real_on_a_loop_of_asio) {
    boost::asio::io_context context;
    auto const begin = std::chrono::steady_clock::now();
    boost::asio::co_spawn(context, wait_for(20ms), boost::asio::detached);
    context.run();
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms);
}

TEST(waiting_in_a_coroutine, it_is_cancelled_on_both_loops) {
    boost::asio::io_context context;
    transport::simulated_runtime loop;
    std::vector<boost::asio::any_io_executor> const executors{context.get_executor(),
                                                              loop.executor()};
    for (auto const& each : executors) {
        boost::asio::cancellation_signal signal;
        std::optional<error_code> ended;
        async_wait_for(each, 1h,
                       boost::asio::bind_cancellation_slot(signal.slot(),
                                                           [&](error_code why) { ended = why; }));
        signal.emit(boost::asio::cancellation_type::terminal);
        EXPECT_FALSE(ended.has_value());
        signal.emit(boost::asio::cancellation_type::terminal);
        context.restart();
        context.run();
        loop.run_until_idle();
        EXPECT_EQ(ended, boost::asio::error::operation_aborted);
    }
    EXPECT_EQ(loop.pending(), 0U);
}

}  // namespace
}  // namespace trunkline
