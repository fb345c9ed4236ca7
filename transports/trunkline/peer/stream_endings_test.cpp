// How streams end other than by having said everything: refused, failed, cancelled, cut off.
#include <trunkline/peer/stream.hpp>

#include <trunkline/peer/test_streams.hpp>
#include <trunkline/peer/wait.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/typed/record.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <future>
#include <stdexcept>
#include <thread>

namespace trunkline {
namespace {

using namespace testing;

constexpr auto ignored = [](auto) {};

class stream_endings : public over_transports {};
INSTANTIATE_TEST_SUITE_P(over, stream_endings, ::testing::ValuesIn(every_transport),
                         [](auto const& each) { return each.param; });

TEST_P(stream_endings, a_handler_that_refuses_says_why) {
    auto const server =
        a_server()
            .handle(count_to,
                    [](received<number>, stream_writer<number>&,
                       call_context) -> awaitable<call_result<void>> {
                        co_return call_failure{call_error::refused, "not today"};
                    })
            .handle(sum,
                    [](stream_reader<number>&, call_context) -> awaitable<call_result<number>> {
                        co_return call_failure{call_error::unknown_method, "no sums"};
                    })
            .start()
            .value();
    auto const client = a_client(server).connect().value();
    auto from = client.open(count_to, {3});
    EXPECT_EQ(from.read().error(), (call_failure{call_error::refused, "not today"}));
    auto total = client.open(sum);
    EXPECT_EQ(total.answer.get().error(), (call_failure{call_error::unknown_method, "no sums"}));
}

TEST_P(stream_endings, a_failure_comes_behind_the_parts_before_it) {
    auto const server = a_server()
                            .handle(count_to,
                                    [](received<number>, stream_writer<number>& to,
                                       call_context) -> awaitable<call_result<void>> {
                                        for (std::uint64_t i = 0; i < 3; ++i) {
                                            number const next{i};
                                            co_await to.async_write(next, use_awaitable);
                                        }
                                        std::string const why(100'000, 'w');
                                        co_return call_failure{call_error::refused, why};
                                    })
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    auto from = client.open(count_to, {3});
    for (std::uint64_t i = 0; i < 3; ++i) {
        EXPECT_EQ((**from.read())->value, i);
    }
    auto const last = from.read();
    EXPECT_EQ(last.error().error, call_error::refused);
    EXPECT_GT(last.error().message.size(), 60'000u);
    EXPECT_EQ(last.error().message.find_first_not_of('w'), std::string::npos);
    EXPECT_EQ(from.read().error().error, call_error::refused) << "it can be read again";
}

TEST_P(stream_endings, a_handler_that_throws_or_forgets_has_failed) {
    auto const server =
        a_server()
            .handle(count_to,
                    [](received<number>, stream_writer<number>&, call_context) -> awaitable<void> {
                        throw std::runtime_error("secret");
                        co_return;
                    })
            .handle(sum, [](stream_reader<number>, stream_reply<number>, call_context) {})
            .handle(doubled, [](stream_reader<number>, stream_writer<number>,
                                call_context) { throw std::runtime_error("secret"); })
            .start()
            .value();
    auto const client = a_client(server).connect().value();
    auto from = client.open(count_to, {3});
    EXPECT_EQ(from.read().error(),
              (call_failure{call_error::system_failure, "the handler failed"}));
    auto total = client.open(sum);
    EXPECT_EQ(total.answer.get().error(),
              (call_failure{call_error::system_failure, "handler gave no answer"}));
    auto talk = client.open(doubled);
    EXPECT_EQ(talk.from.read().error(),
              (call_failure{call_error::system_failure, "the handler failed"}));
}

TEST_P(stream_endings, a_handler_that_throws_behind_its_answer_has_answered) {
    auto const server =
        a_server()
            .handle(sum,
                    [](stream_reader<number>, stream_reply<number> to, call_context) {
                        to({7});
                        throw std::runtime_error("secret");
                    })
            .handle(doubled,
                    [](stream_reader<number>, stream_writer<number> to, call_context) {
                        to.async_write({7}, ignored);
                        throw std::runtime_error("secret");
                    })
            .start()
            .value();
    auto const client = a_client(server).connect().value();
    EXPECT_EQ(client.open(sum).answer.get().value()->value, 7u);
    auto talk = client.open(doubled);
    EXPECT_EQ((**talk.from.read())->value, 7u);
    EXPECT_EQ(talk.from.read().error(),
              (call_failure{call_error::system_failure, "the handler failed"}));
}

TEST_P(stream_endings, a_stream_of_a_method_that_nobody_has_fails) {
    auto const server = a_server().start().value();
    auto const client = a_client(server).connect().value();
    auto from = client.open(count_to, {3});
    auto talk = client.open(doubled);
    EXPECT_EQ(talk.from.read().error().error, call_error::unknown_method);
    auto const written = talk.to.write({1});
    EXPECT_EQ(written.error().error, call_error::unknown_method);
    talk.to.finish();
    from.cancel();
}

// Who waits in a read or write is told the reason; who was about to begin one is stopped.
bool is_cancel(error_code why) {
    return why == rpc::rpc_error::cancelled_by_peer || why == boost::asio::error::operation_aborted;
}

// Says what ended a handler that writes for ever, or waits for ever.
struct watched_server {
    std::promise<call_failure> write_ended;
    std::promise<bool> wait_stopped;

    awaitable<void> writes_for_ever(stream_writer<number>& to) {
        try {
            for (std::uint64_t i = 0;; ++i) {
                number const next{i};
                auto const written = co_await to.async_write(next, use_awaitable);
                if (!written) {
                    write_ended.set_value(written.error());
                    co_return;
                }
            }
        } catch (boost::system::system_error const& fault) {
            write_ended.set_value({fault.code(), {}});
            throw;
        }
    }
    awaitable<void> waits_for_ever(call_context context) {
        try {
            co_await wait_for(std::chrono::hours(1));
        } catch (boost::system::system_error const&) {
            wait_stopped.set_value(context.cancelled());
            throw;
        }
    }
};

TEST_P(stream_endings, a_cancelled_call_stops_its_handler_and_leaves_the_connection) {
    watched_server seen;
    auto const server =
        a_server()
            .handle(count_to,
                    [&](received<number>, stream_writer<number>& to,
                        call_context) -> awaitable<void> { return seen.writes_for_ever(to); })
            .handle(doubled,
                    [&](stream_reader<number>&, stream_writer<number>&, call_context context)
                        -> awaitable<void> { return seen.waits_for_ever(context); })
            .handle(sum, adds)
            .start()
            .value();
    auto const client = a_client(server).connect().value();
    {
        auto from = client.open(count_to, {3});
        ASSERT_TRUE(from.read());
        from.cancel();
        EXPECT_EQ(from.read().error().error, call_error::cancelled) << "nothing comes afterwards";
    }
    EXPECT_TRUE(is_cancel(seen.write_ended.get_future().get().error));
    {
        auto talk = client.open(doubled);
        ASSERT_TRUE(talk.to.write({1}));
        talk.to.finish();  // the reader goes, too: its call is not wanted any more
    }
    EXPECT_TRUE(seen.wait_stopped.get_future().get());
    auto total = client.open(sum);
    ASSERT_TRUE(total.to.write({2}));
    total.to.finish();
    EXPECT_EQ(total.answer.get().value()->value, 2u);
}

TEST_P(stream_endings, a_writer_that_goes_before_its_end_cancels) {
    std::promise<call_failure> ended;
    auto const server = a_server()
                            .handle(sum,
                                    [&](stream_reader<number>& from,
                                        call_context) -> awaitable<call_result<number>> {
                                        call_failure why;
                                        try {
                                            auto outcome = co_await from.async_read(use_awaitable);
                                            while (outcome) {
                                                outcome = co_await from.async_read(use_awaitable);
                                            }
                                            why = outcome.error();
                                        } catch (boost::system::system_error const& fault) {
                                            why.error = fault.code();
                                        }
                                        ended.set_value(why);
                                        co_return why;
                                    })
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    auto call = client.open(sum);
    ASSERT_TRUE(call.to.write({1}));
    call.to = {};
    EXPECT_TRUE(is_cancel(ended.get_future().get().error));
    EXPECT_EQ(call.answer.get().error().error, call_error::cancelled);
}

TEST_P(stream_endings, an_early_answer_ends_the_writing) {
    auto const server =
        a_server()
            .handle(sum,
                    [](stream_reader<number>& from, call_context) -> awaitable<number> {
                        auto const first = co_await from.async_read(use_awaitable);
                        co_return number{(*first.value())->value};
                    })
            .start()
            .value();
    auto const client = a_client(server).connect().value();
    auto call = client.open(sum);
    ASSERT_TRUE(call.to.write({17}));
    EXPECT_EQ(call.answer.get().value()->value, 17u);
    EXPECT_EQ(call.to.write({18}).error().error, call_error::stream_ended);
}

TEST_P(stream_endings, a_connection_that_ends_fails_what_is_left_after_what_has_come) {
    std::promise<peer> promised;
    auto const server = a_server()
                            .on_connected([&](peer who) { promised.set_value(who); })
                            .handle(doubled,
                                    [](stream_reader<number>& from, stream_writer<number>& to,
                                       call_context context) -> awaitable<void> {
                                        for (std::uint64_t i = 0; i < 3; ++i) {
                                            number const next{i};
                                            co_await to.async_write(next, use_awaitable);
                                        }
                                        co_await from.async_read(use_awaitable);
                                        context.caller.close();
                                        co_await wait_for(std::chrono::hours(1));
                                    })
                            .start()
                            .value();
    seen<transport::connection_state> states;
    auto const client = a_client(server)
                            .on_state([&](auto state, error_code) { states.add(state); })
                            .connect()
                            .value();
    auto call = client.open(doubled);
    ASSERT_TRUE(call.to.write({1}));
    static_cast<void>(states.wait_for_last([](auto state) {
        return state == transport::connection_state::disconnected ||
               state == transport::connection_state::error;
    }));
    for (std::uint64_t i = 0; i < 3; ++i) {
        auto const next = call.from.read();
        ASSERT_TRUE(next && *next) << i;
        EXPECT_EQ((**next)->value, i);
    }
    EXPECT_EQ(call.from.read().error().error, rpc::rpc_error::connection_lost);
    EXPECT_EQ(call.to.write({2}).error().error, rpc::rpc_error::connection_lost);
    auto late = client.open(doubled);
    EXPECT_EQ(late.from.read().error().error, rpc::rpc_error::not_connected);
    EXPECT_EQ(late.to.write({1}).error().error, rpc::rpc_error::not_connected);
}

TEST_P(stream_endings, handles_may_outlive_client_and_server) {
    stream_reader<number> from;
    conversation<number, number> talk;
    {
        auto const server =
            a_server().handle(count_to, counts).handle(doubled, doubles).start().value();
        auto const client = a_client(server).connect().value();
        from = client.open(count_to, {1'000'000});
        talk = client.open(doubled);
        ASSERT_TRUE(from.read());
    }
    for (;;) {
        auto const next = from.read();
        if (!next) {
            break;
        }
        ASSERT_TRUE(*next) << "it cannot have ended in order";
    }
    EXPECT_FALSE(talk.to.write({1}));
    talk.to.finish();
}

TEST_P(stream_endings, a_timeout_given_to_a_stream_ends_it) {
    watched_server seen;
    auto const server = a_server()
                            .handle(doubled,
                                    [&](stream_reader<number>&, stream_writer<number>&,
                                        call_context context) -> awaitable<void> {
                                        return seen.waits_for_ever(context);
                                    })
                            .start()
                            .value();
    auto const client =
        a_client(server).default_timeout(std::chrono::milliseconds(1)).connect().value();
    auto call = client.open(doubled, {.timeout = std::chrono::milliseconds(50)});
    EXPECT_EQ(call.from.read().error().error, call_error::deadline_passed);
    EXPECT_TRUE(seen.wait_stopped.get_future().get());
}

TEST_P(stream_endings, one_read_at_a_time_and_nothing_behind_the_end) {
    auto const server = a_server().handle(doubled, doubles).start().value();
    auto const client = a_client(server).connect().value();
    auto call = client.open(doubled);
    auto first = call.from.async_read(boost::asio::use_future);
    EXPECT_EQ(call.from.read().error().error, call_error::already_reading);
    ASSERT_TRUE(call.to.write({1}));
    EXPECT_EQ((**first.get())->value, 2u);
    call.to.finish();
    EXPECT_EQ(call.to.write({2}).error().error, call_error::stream_ended);
}

TEST_P(stream_endings, a_read_that_is_given_up_loses_no_part) {
    auto const server = a_server().handle(doubled, doubles).start().value();
    auto const client = a_client(server).connect().value();
    auto call = client.open(doubled);
    boost::asio::cancellation_signal stop;
    std::promise<call_failure> given_up;
    call.from.async_read(boost::asio::bind_cancellation_slot(
        stop.slot(),
        [&](stream_reader<number>::outcome outcome) { given_up.set_value(outcome.error()); }));
    stop.emit(boost::asio::cancellation_type::terminal);
    EXPECT_EQ(given_up.get_future().get().error, call_error::cancelled);
    ASSERT_TRUE(call.to.write({1}));
    EXPECT_EQ((**call.from.read())->value, 2u);
}

TEST_P(stream_endings, waiting_on_the_connections_own_thread_is_refused) {
    auto const server = a_server().handle(doubled, doubles).start().value();
    auto const client = a_client(server).connect().value();
    auto call = client.open(doubled);
    std::promise<std::pair<call_failure, call_failure>> refused;
    call.to.async_write({1}, [&](call_result<void>) {
        refused.set_value({call.from.read().error(), call.to.write({2}).error()});
    });
    auto const [read, write] = refused.get_future().get();
    EXPECT_EQ(read.error, call_error::would_deadlock);
    EXPECT_EQ(write.error, call_error::would_deadlock);
}

/// Talks to a handler of numbers in plain bytes.
constexpr typed::two_way_stream<typed::raw, typed::raw> doubled_raw{"doubled"};

TEST_P(stream_endings, what_is_no_stream_of_messages_costs_that_call_alone) {
    auto const server = a_server().handle(doubled, doubles).handle(sum, adds).start().value();
    auto const client = a_client(server).connect().value();
    auto const send = [&](std::vector<std::uint8_t> const& bytes) {
        auto call = client.open(doubled_raw);
        static_cast<void>(call.to.write(std::as_bytes(std::span(bytes))));
        call.to.finish();
        for (;;) {
            auto const next = call.from.read();
            if (!next) {
                return next.error();
            }
            if (!*next) {
                return call_failure{};
            }
        }
    };
    EXPECT_EQ(send({1, 0}),
              (call_failure{call_error::system_failure,
                            make_error_code(typed::record_error::cut_short).message()}));
    EXPECT_EQ(send({0, 0, 0, 0x7f}),
              (call_failure{call_error::system_failure,
                            make_error_code(typed::record_error::too_large).message()}));
    EXPECT_EQ(send({0xfe, 0xff, 0xff, 0xff}),
              (call_failure{call_error::system_failure,
                            make_error_code(typed::record_error::unknown_prefix).message()}));
    EXPECT_EQ(send({3, 0, 0, 0, 9, 9, 9}).error, call_error::system_failure) << "no number";
    EXPECT_EQ(send({0xff, 0xff, 0xff, 0xff, 0}),
              (call_failure{call_error::system_failure,
                            make_error_code(typed::record_error::after_end).message()}));
    EXPECT_EQ(send({}).error, error_code()) << "an end without a word is an end";
    auto total = client.open(sum);
    ASSERT_TRUE(total.to.write({2}));
    total.to.finish();
    EXPECT_EQ(total.answer.get().value()->value, 2u);
}

TEST_P(stream_endings, an_answer_that_is_no_message_is_a_bad_answer) {
    auto const server =
        a_server()
            .handle(doubled_raw,
                    [](stream_reader<typed::raw>, stream_writer<typed::raw> to, call_context) {
                        std::array const bytes{std::byte{3}, std::byte{0}, std::byte{0},
                                               std::byte{0}, std::byte{9}, std::byte{9},
                                               std::byte{9}};
                        to.async_write(bytes, ignored);
                        to.finish();
                    })
            .start()
            .value();
    auto const client = a_client(server).connect().value();
    auto call = client.open(doubled);
    EXPECT_EQ(call.from.read().error().error, call_error::bad_answer);
}

/// Answers with bytes that are no records.
struct answers_with {
    std::vector<std::uint8_t> first;
    std::vector<std::uint8_t> second;

    void operator()(stream_reader<typed::raw>, stream_writer<typed::raw> to, call_context) const {
        to.async_write(std::as_bytes(std::span(first)), ignored);
        to.async_write(std::as_bytes(std::span(second)), ignored);
        to.finish();
    }
};

TEST_P(stream_endings, an_answer_that_goes_on_behind_its_end_has_failed) {
    std::vector<std::uint8_t> const end{0xff, 0xff, 0xff, 0xff};
    std::vector<std::uint8_t> const failure{2, 0, 0, 0x80, 2, 'w'};
    for (auto const& last : {end, failure}) {
        auto joined = last;
        joined.push_back(0);
        for (auto const& how : {answers_with{joined, {}}, answers_with{last, {0, 0, 0, 0}}}) {
            auto const server = a_server().handle(doubled_raw, how).start().value();
            auto const client = a_client(server).connect().value();
            auto call = client.open(doubled);
            auto const deadline = std::chrono::steady_clock::now() + patience;
            error_code why;  // until the rest has come, the end or the failure is all there is
            while (why != typed::record_error::after_end &&
                   std::chrono::steady_clock::now() < deadline) {
                auto const told = call.from.read();
                why = told ? error_code() : told.error().error;
            }
            EXPECT_EQ(why, typed::record_error::after_end);
        }
    }
}

TEST_P(stream_endings, destroying_anything_inside_of_a_callback_is_safe) {
    auto const server = a_server().handle(doubled, doubles).start().value();
    for (int const what : {0, 1, 2}) {
        auto client = std::make_unique<rpc_client>(a_client(server).connect().value());
        auto call = std::make_unique<conversation<number, number>>(client->open(doubled));
        std::promise<void> done;
        call->from.async_read([&](stream_reader<number>::outcome) {
            if (what == 0) {
                call.reset();
            } else if (what == 1) {
                client.reset();
            } else {
                client.reset();
                call.reset();
            }
            done.set_value();
        });
        call->to.async_write({1}, ignored);
        done.get_future().get();
    }
}

}  // namespace
}  // namespace trunkline
