// Cancelled calls: the family CAN of the catalogue, on virtual time.
#include <trunkline/peer/line_access.hpp>
#include <trunkline/peer/test_far_end.hpp>
#include <trunkline/peer/wait.hpp>
#include <trunkline/rpc/error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <gtest/gtest.h>

#include <thread>

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;

constexpr auto terminal = boost::asio::cancellation_type::terminal;
constexpr typed::server_stream<text, text> parts{"parts"};

class call_cancel : public ::testing::Test {
protected:
    call_cancel() {
        far.handle(echo, [this](text const& said) {
            ++answered;
            return said;
        });
        far.handle(never, waits);
    }

    /// A call that can be cancelled by `signal`.
    [[nodiscard]] std::shared_ptr<outcome> call(peer const& server,
                                                typed::method<text, text> const& of,
                                                boost::asio::cancellation_signal& signal) {
        auto const made = std::make_shared<outcome>();
        server.async_call(of, {"x"},
                          boost::asio::bind_cancellation_slot(
                              signal.slot(), [made, this](call_result<received<text>> answer) {
                                  ++ends;
                                  made->at = far.loop.now();
                                  if (answer) {
                                      made->said = (*answer)->value;
                                  } else {
                                      made->error = answer.error().error;
                                      made->progress = answer.error().progress;
                                  }
                              }));
        return made;
    }

    far_end far;
    int answered = 0;
    int ends = 0;
};

TEST_F(call_cancel, CAN_01_before_the_start_nothing_is_sent) {
    auto const client = far.client().connect().value();
    ASSERT_TRUE(client.call(echo, {"x"}).has_value());
    std::size_t const read = far.faults.read;
    std::stop_source stopped;
    stopped.request_stop();
    call_options const options{.on_behalf_of = call_parent{.stop = stopped.get_token()}};
    auto const made = begin_call(far.loop, client, echo, "x", options);
    EXPECT_EQ(client.open(parts, {"x"}, options).read().error().error, call_error::cancelled);
    far.loop.run_for(1s);
    EXPECT_EQ(made->error, call_error::cancelled);
    EXPECT_EQ(made->progress, call_progress::not_sent);
    EXPECT_EQ(far.faults.read, read);
}

TEST_F(call_cancel, CAN_01_one_that_waits_for_a_connection_is_not_sent) {
    auto const client = far.client().reconnect({.seed = 1}).connect().value();
    far.cut();
    far.loop.run_for(1us);
    boost::asio::cancellation_signal signal;
    auto const made = call(client, echo, signal);
    signal.emit(terminal);
    far.loop.run_for(1min);
    EXPECT_EQ(made->error, call_error::cancelled);
    EXPECT_EQ(made->progress, call_progress::not_sent);
    EXPECT_EQ(answered, 0);
    EXPECT_TRUE(client.is_connected());
}

TEST_F(call_cancel, CAN_02_the_caller_ends_at_once) {
    auto const client = far.client().connect().value();
    boost::asio::cancellation_signal signal;
    auto const made = call(client, never, signal);
    far.loop.run_for(1s);
    auto const begin = far.loop.now();
    signal.emit(terminal);
    far.loop.run_for(1s);
    EXPECT_EQ(made->error, call_error::cancelled);
    EXPECT_EQ(made->progress, call_progress::maybe_executed);
    EXPECT_EQ(made->at, begin);
}

// A call in parts can be cancelled on the wire: its handler is told.
TEST_F(call_cancel, CAN_02_the_handler_of_a_stream_is_told) {
    bool told = false;
    constexpr typed::client_stream<text, text> join{"join"};
    far.handle(
        join, [&](stream_reader<text>& from, call_context context) -> boost::asio::awaitable<text> {
            std::stop_callback const on_stop(context.stop, [&] { told = true; });
            static_cast<void>(co_await from.async_read(boost::asio::use_awaitable));
            static_cast<void>(co_await from.async_read(boost::asio::use_awaitable));
            co_return text{};
        });
    auto const client = far.client().connect().value();
    std::stop_source parent;
    {
        call_options const options{.on_behalf_of = call_parent{.stop = parent.get_token()}};
        auto upload = client.open(join, options);
        upload.to.async_write({"one"}, [](auto) {});
        far.loop.run_for(1ms);
        EXPECT_FALSE(told);
        parent.request_stop();
        far.loop.run_for(1ms);
        EXPECT_TRUE(told);
        EXPECT_EQ(upload.answer.get().error().error, call_error::cancelled);
    }
    EXPECT_EQ(client.call(echo, {"x"}).value()->value, "x");
}

// Handlers that wait for what never comes, until `dropped` does.
constexpr typed::method<text, text> left{"left"};

auto waits_in(std::vector<std::shared_ptr<void>>& dropped) {
    return [&dropped](received<text>, call_context) -> boost::asio::awaitable<text> {
        co_await boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void()>(
            [&](auto handler) {
                dropped.push_back(std::make_shared<decltype(handler)>(std::move(handler)));
            },
            boost::asio::use_awaitable);
        co_return text{};
    };
}

TEST_F(call_cancel, a_call_whose_handler_is_dropped_while_it_waits_ends) {
    std::vector<std::shared_ptr<void>> dropped;
    far.handle(left, waits_in(dropped));
    auto const client = far.client().connect().value();
    auto const made = begin_call(far.loop, client, left, "x");
    far.loop.run_for(1s);
    ASSERT_EQ(dropped.size(), 1U);
    EXPECT_FALSE(made->error);
    dropped.clear();
    far.loop.run_for(1s);
    EXPECT_EQ(made->error, call_error::system_failure);
}

// Told to stop in the same turn: the signal of the call is on its way to what has gone.
TEST_F(call_cancel, a_handler_that_is_dropped_may_be_stopped_at_once) {
    std::vector<std::shared_ptr<void>> dropped;
    far.handle(left, waits_in(dropped));
    auto const client = far.client().connect().value();
    auto const made = begin_call(far.loop, client, left, "x");
    far.loop.run_for(1s);
    ASSERT_EQ(dropped.size(), 1U);
    dropped.clear();
    far.cut();
    far.loop.run_for(1s);
    EXPECT_EQ(made->error, rpc::rpc_error::connection_lost);
}

// A coroutine begins a turn after its call has come; the one that stops it comes in the same read.
TEST_F(call_cancel, a_handler_that_is_stopped_before_it_begins_never_begins) {
    constexpr typed::method<text, text> hang_up{"hang up"};
    int begun = 0;
    far.handle(left, [&](received<text>, call_context) -> boost::asio::awaitable<text> {
        ++begun;
        co_return text{};
    });
    far.handle(hang_up, [](text const& said, call_context context) {
        context.caller.close();
        return said;
    });
    auto const client = far.client().connect().value();
    auto const made = begin_call(far.loop, client, left, "x");
    static_cast<void>(begin_call(far.loop, client, hang_up, "x"));
    far.loop.run_for(1s);
    EXPECT_EQ(made->error, rpc::rpc_error::connection_lost);
    EXPECT_EQ(begun, 0);
}

TEST_F(call_cancel, CAN_04_after_the_end_nothing_happens_and_nothing_is_sent) {
    auto const client = far.client().connect().value();
    std::stop_source parent;
    auto const made = begin_call(far.loop, client, echo, "x",
                                 {.on_behalf_of = call_parent{.stop = parent.get_token()}});
    far.loop.run_for(1s);
    EXPECT_EQ(made->said, "x");
    std::size_t const read = far.faults.read;
    parent.request_stop();
    far.loop.run_for(1s);
    EXPECT_EQ(far.faults.read, read);
    EXPECT_FALSE(made->error);
}

TEST_F(call_cancel, CAN_05_twice_or_from_two_threads_acts_once) {
    auto const client = far.client().connect().value();
    for (int round = 0; round < 100; ++round) {
        std::stop_source parent;
        auto const made = begin_call(far.loop, client, never, "x",
                                     {.on_behalf_of = call_parent{.stop = parent.get_token()}});
        far.loop.run_for(1us);
        std::thread first([&] { parent.request_stop(); });
        std::thread second([&] { parent.request_stop(); });
        first.join();
        second.join();
        far.loop.run_for(1us);
        EXPECT_EQ(made->error, call_error::cancelled);
    }
    boost::asio::cancellation_signal signal;
    auto const twice = call(client, never, signal);
    signal.emit(terminal);
    signal.emit(terminal);
    far.loop.run_for(1s);
    EXPECT_EQ(twice->error, call_error::cancelled);
    EXPECT_EQ(ends, 1);
}

// At every step of the exchange: one outcome, and the connection goes on.
TEST_F(call_cancel, CAN_08_crossing_with_the_answer_there_is_one_outcome) {
    auto const client = far.client().connect().value();
    for (int steps = 0; steps < 20; ++steps) {
        boost::asio::cancellation_signal signal;
        int const before = ends;
        auto const made = call(client, echo, signal);
        for (int i = 0; i < steps; ++i) {
            far.loop.run_for(0us);
        }
        signal.emit(terminal);
        far.loop.run_for(1s);
        EXPECT_EQ(ends, before + 1);
        EXPECT_TRUE(made->said == "x" || made->error == call_error::cancelled);
        EXPECT_EQ(client.call(echo, {"on"}).value()->value, "on");
    }
}

/// A server in between, which asks the far end on behalf of its callers.
class call_cascade : public call_cancel {
protected:
    void SetUp() override {
        onward.emplace(far.client().connect().value());
        between.listen("memory:between")
            .over(names)
            .run_on(far.loop)
            .handle(never,
                    [this](received<text> said,
                           call_context context) -> boost::asio::awaitable<call_result<text>> {
                        text const request{said->value};
                        call_options const options{.on_behalf_of = context};
                        onward->async_call(never, request, options, [this](auto answer) {
                            passed_on = answer.error().error;
                            passed_at = far.loop.now();
                        });
                        co_await wait_for(1h);
                        co_return text{};
                    });
    }
    [[nodiscard]] rpc_client a_caller() {
        rpc_client::builder made("memory:between");
        return made.over(names).run_on(far.loop).connect().value();
    }

    memory::hub names;
    std::optional<rpc_client> onward;
    rpc_server::builder between;
    error_code passed_on;
    transport::runtime::time_point passed_at;
};

TEST_F(call_cascade, CAN_09_calls_made_for_a_cancelled_call_are_cancelled) {
    auto const server = between.start().value();
    std::optional<rpc_client> caller(a_caller());
    auto const made = begin_call(far.loop, *caller, never, "x");
    far.loop.run_for(1s);
    EXPECT_FALSE(passed_on);
    // The base wire has no other word for it that a whole call could hear; and who has ended its
    // own direction is believed to listen for the silence timeout.
    caller.reset();
    far.loop.run_for(connection_limits{}.silence_timeout + 1s);
    EXPECT_EQ(made->error, rpc::rpc_error::connection_lost);
    EXPECT_EQ(passed_on, call_error::cancelled);
    EXPECT_EQ(onward->call(echo, {"x"}).value()->value, "x");
}

TEST_F(call_cascade, CAN_09_they_end_with_the_deadline_of_the_call_they_are_made_for) {
    auto const server = between.request_timeout(5s).start().value();
    auto const caller = a_caller();
    auto const begin = far.loop.now();
    auto const made = begin_call(far.loop, caller, never, "x");
    far.loop.run_for(20s);
    EXPECT_EQ(made->error, call_error::system_failure);
    EXPECT_TRUE(passed_on == call_error::deadline_passed || passed_on == call_error::cancelled);
    EXPECT_EQ(passed_at - begin, 5s);
}

// What remains is looked at in all the tables that a call passes, on both sides.
TEST_F(call_cancel, CAN_10_a_hundred_thousand_cancelled_calls_leave_nothing_behind) {
    far.handle(add_one, [](received<number> n, call_context) -> boost::asio::awaitable<number> {
        co_await wait_for(1ms);
        co_return number{n->value + 1};
    });
    peer far_side;
    far.settings.on_connected = [&](peer one) { far_side = std::move(one); };
    auto const client = far.client().reconnect({.seed = 1}).connect().value();
    std::stop_source parent;
    int cancelled = 0;
    for (int i = 0; i < 100; ++i) {
        std::stop_source each;
        call_options const options{.repeatable = true,
                                   .on_behalf_of = call_parent{.stop = each.get_token()}};
        for (int j = 0; j < 1000; ++j) {
            client.async_call(add_one, {1}, options, [&](call_result<received<number>> answer) {
                cancelled += answer ? 0 : 1;
            });
        }
        far.loop.run_for(100us);
        each.request_stop();
        far.loop.run_for(10ms);
    }
    EXPECT_EQ(cancelled, 100'000);
    for (peer const& each : {static_cast<peer>(client), far_side}) {
        auto const& line = peers::line_access::line_of(each);
        EXPECT_TRUE(line->endpoint()->protocol().idle());
        EXPECT_EQ(line->endpoint()->protocol().held_size(), 0U);
        EXPECT_EQ(line->endpoint()->protocol().unanswered_requests(), 0U);
        EXPECT_TRUE(line->waiting().empty());
        EXPECT_EQ(line->waiting().size(), 0U);
        EXPECT_LE(line->timeouts().size(), 4096U);
    }
    far.loop.run_for(1min);  // deadlines of the last of them
    EXPECT_EQ(peers::line_access::line_of(client)->timeouts().size(), 0U);
    EXPECT_EQ(client.call(echo, {"x"}).value()->value, "x");
}

}  // namespace
}  // namespace trunkline
