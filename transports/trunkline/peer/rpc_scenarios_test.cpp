// The scenarios that clients and servers are to stand, each under its own name, over every
// transport:
//
//     connection_failure, state_transitions, pending_request_cleanup, rpc_success,
//     concurrent_requests, large_payloads, handler_registration_before_connection,
//     error_propagation, server_to_client_while_client_to_server, nested_calls_to_depth_16,
//     ten_thousand_calls_in_flight, cancel_at_every_step_of_a_unary_call,
//     cancel_at_every_step_of_a_stream, handler_that_never_answers, slow_reader_of_a_stream,
//     stop_under_load
//
// More of some of them stands beside what it is about:
//
//     slow readers in virtual time        stream_flow_test.cpp
//     how streams and handlers are ended  stream_endings_test.cpp, rpc_handlers_test.cpp
//     how clients and servers end         rpc_endings_test.cpp
#include <trunkline/peer/test_stepped_client.hpp>
#include <trunkline/peer/test_streams.hpp>
#include <trunkline/rpc/error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>

namespace trunkline {
namespace {

using namespace testing;
using transport::connection_state;

class rpc_scenarios : public over_transports {};
INSTANTIATE_TEST_SUITE_P(over, rpc_scenarios, ::testing::ValuesIn(every_transport),
                         [](auto const& each) { return each.param; });

/// Three questions and answers, and the end; `ended` is then set, empty when all went well.
awaitable<void> talk_of_doubles(conversation<number, number>& with,
                                std::optional<error_code>& ended) {
    for (std::uint64_t i = 1; i <= 3; ++i) {
        number const asked{i};
        auto const written = co_await with.to.async_write(asked, use_awaitable);
        if (!written) {
            ended = written.error().error;
            co_return;
        }
        auto const answer = co_await with.from.async_read(use_awaitable);
        if (!answer) {
            ended = answer.error().error;
            co_return;
        }
        EXPECT_EQ((**answer)->value, 2 * i);
    }
    with.to.finish();
    auto const last = co_await with.from.async_read(use_awaitable);
    ended = last ? error_code() : last.error().error;
}

TEST_P(rpc_scenarios, connection_failure) {
    seen<state_change> states;
    auto const url = nowhere();
    auto const client = rpc_client::builder(url)
                            .over(names_)
                            .on_state([&](auto state, auto why) { states.add({state, why}); })
                            .connect();
    ASSERT_FALSE(client.has_value());
    EXPECT_EQ(client.error(), boost::system::errc::connection_refused);
    auto const told = states.wait_for(2);
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0].state, connection_state::connecting);
    EXPECT_EQ(told[1].state, connection_state::error);
    EXPECT_EQ(told[1].why, client.error());
}

TEST_P(rpc_scenarios, state_transitions) {
    seen<state_change> states;
    seen<state_change> at_server;
    auto server = a_server()
                      .on_state([&](peer, auto state, auto why) { at_server.add({state, why}); })
                      .start()
                      .value();
    auto const client = a_client(server)
                            .on_state([&](auto state, auto why) { states.add({state, why}); })
                            .connect()
                            .value();
    client.close();
    auto const told = states.wait_for(4);
    ASSERT_EQ(told.size(), 4U);
    EXPECT_EQ(told[0].state, connection_state::connecting);
    EXPECT_EQ(told[1].state, connection_state::connected);
    EXPECT_EQ(told[2].state, connection_state::disconnecting);
    EXPECT_EQ(told[3].state, connection_state::disconnected);
    EXPECT_FALSE(client.is_connected());
    auto const there = at_server.wait_for_last(
        [](auto const& one) { return one.state == connection_state::disconnected; });
    ASSERT_GE(there.size(), 3U);
    EXPECT_EQ(there[0].state, connection_state::connecting);
    EXPECT_EQ(there[1].state, connection_state::connected);
    EXPECT_EQ(there.back().state, connection_state::disconnected);
}

TEST_P(rpc_scenarios, pending_request_cleanup) {
    seen<int> came;
    auto server = a_server()
                      .handle(never,
                              [&](received<text> said, call_context context) {
                                  came.add(1);
                                  return waits(std::move(said), std::move(context));
                              })
                      .drain_timeout(std::chrono::milliseconds(1))
                      .start()
                      .value();
    auto const client = a_client(server).connect().value();
    auto waiting = client.async_call(never, {"?"}, boost::asio::use_future);
    ASSERT_EQ(came.wait_for(1).size(), 1U);
    server.stop();
    EXPECT_EQ(waiting.get().error().error, rpc::rpc_error::connection_lost);
}

TEST_P(rpc_scenarios, rpc_success) {
    auto const server = a_server().handle(echo, echoed).start().value();
    auto const client = a_client(server).connect().value();
    EXPECT_TRUE(client.is_connected());
    EXPECT_EQ(client.call(echo, {"hello"}).value()->value, "hello");
}

TEST_P(rpc_scenarios, concurrent_requests) {
    auto const server = a_server()
                            .handle(add_one, [](number const& n) { return number{n.value + 1}; })
                            .threads(2)
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    std::vector<std::thread> threads;
    std::atomic<int> right = 0;
    for (std::uint64_t t = 0; t < 4; ++t) {
        threads.emplace_back([&client, &right, t] {
            for (std::uint64_t i = 0; i < 200; ++i) {
                right += client.call(add_one, {t * 1000 + i}).value()->value == t * 1000 + i + 1;
            }
        });
    }
    for (auto& each : threads) {
        each.join();
    }
    EXPECT_EQ(right, 800);
}

TEST_P(rpc_scenarios, large_payloads) {
    auto const server =
        a_server().handle(mirror, [](blob const& sent) { return sent; }).start().value();
    auto const client = a_client(server).connect().value();
    blob sent{std::vector<std::byte>(10 * mib)};
    for (std::size_t i = 0; i < sent.bytes.size(); ++i) {
        sent.bytes[i] = static_cast<std::byte>(i * 31);
    }
    auto const answer = client.call(mirror, sent);
    EXPECT_TRUE(answer.value()->bytes == sent.bytes);
}

// Both sides have their handlers from the first moment on, which is before anybody can ask.
TEST_P(rpc_scenarios, handler_registration_before_connection) {
    seen<std::string> said;
    auto const server = a_server()
                            .handle(echo, echoed)
                            .on_connected([&](peer const& joined) {
                                joined.async_call(never, {"you"}, [&](auto answer) {
                                    said.add(answer ? answer.value()->value : "nothing");
                                });
                            })
                            .start()
                            .value();
    auto const client = a_client(server)
                            .handle(never, [](text const& who) { return text{who.value + "!"}; })
                            .connect()
                            .value();
    EXPECT_EQ(client.call(echo, {"at once"}).value()->value, "at once");
    EXPECT_EQ(said.wait_for(1), std::vector<std::string>{"you!"});
    EXPECT_EQ(a_client(server).handle(echo, echoed).handle(echo, echoed).connect().error(),
              call_error::duplicate_method);
}

TEST_P(rpc_scenarios, error_propagation) {
    constexpr typed::method<text, text> refuses{"refuses"};
    constexpr typed::method<text, text> throws{"throws"};
    constexpr typed::method<text, text> finds_nothing{"finds nothing"};
    constexpr typed::method<text, text> fails{"fails"};
    constexpr typed::method<text, text> throws_later{"throws later"};
    constexpr typed::method<text, text> nobody_has{"nobody has"};
    auto const server =
        a_server()
            .handle(refuses,
                    [](text const&) -> call_result<text> {
                        return call_failure{call_error::refused, "not you"};
                    })
            .handle(throws, [](text const&) -> text { throw std::runtime_error("secret"); })
            .handle(finds_nothing,
                    [](text const&) -> call_result<text> {
                        return call_failure{call_error::unknown_method, "no such thing"};
                    })
            .handle(fails,
                    [](text const&) -> call_result<text> {
                        return call_failure{call_error::system_failure, "the disk is full"};
                    })
            .handle(throws_later,
                    [](received<text>, call_context) -> boost::asio::awaitable<text> {
                        throw std::runtime_error("secret");
                        co_return text{};
                    })
            .start()
            .value();
    auto const client = a_client(server).connect().value();
    auto const failure_of = [&](auto const& of) { return client.call(of, {"x"}).error(); };
    EXPECT_EQ(failure_of(refuses), (call_failure{call_error::refused, "not you"}));
    EXPECT_EQ(failure_of(throws), (call_failure{call_error::system_failure, "the handler failed"}));
    EXPECT_EQ(failure_of(finds_nothing),
              (call_failure{call_error::unknown_method, "no such thing"}));
    EXPECT_EQ(failure_of(fails), (call_failure{call_error::system_failure, "the disk is full"}));
    EXPECT_EQ(failure_of(throws_later),
              (call_failure{call_error::system_failure, "the handler failed"}));
    EXPECT_EQ(failure_of(nobody_has).error, call_error::unknown_method);
}

TEST_P(rpc_scenarios, server_to_client_while_client_to_server) {
    auto const server =
        a_server()
            .handle(echo,
                    [](received<text> said,
                       call_context context) -> boost::asio::awaitable<call_result<text>> {
                        number const length{said->value.size()};
                        auto answer = co_await context.caller.async_call(
                            add_one, length, boost::asio::use_awaitable);
                        if (!answer) {
                            co_return answer.error();
                        }
                        co_return text{std::to_string((*answer)->value)};
                    })
            .start()
            .value();
    auto const client = a_client(server)
                            .handle(add_one, [](number const& n) { return number{n.value + 1}; })
                            .connect()
                            .value();
    EXPECT_EQ(client.call(echo, {"four"}).value()->value, "5");
}

// Each side calls the other one before it answers.
TEST_P(rpc_scenarios, nested_calls_to_depth_16) {
    auto const deeper = [](received<number> depth,
                           call_context context) -> boost::asio::awaitable<call_result<number>> {
        if (depth->value == 16) {
            co_return number{0};
        }
        number const below{depth->value + 1};
        auto answer =
            co_await context.caller.async_call(add_one, below, boost::asio::use_awaitable);
        if (!answer) {
            co_return answer.error();
        }
        co_return number{(*answer)->value + 1};
    };
    auto const server = a_server().handle(add_one, deeper).start().value();
    auto const client = a_client(server).handle(add_one, deeper).connect().value();
    EXPECT_EQ(client.call(add_one, {0}).value()->value, 16U);
}

// None is answered before the last one has come.
TEST_P(rpc_scenarios, ten_thousand_calls_in_flight) {
    constexpr std::uint64_t count = 10'000;
    std::vector<std::pair<number, rpc::responder>> kept;
    auto builder = a_server();
    ASSERT_TRUE(builder.methods().add(add_one.id, [&](rpc::request const& call, rpc::responder to) {
        kept.emplace_back(*received<number>::copy_of(call.arguments).value(), std::move(to));
        if (kept.size() == count) {
            std::reverse(kept.begin(), kept.end());
            for (auto& [asked, answer] : kept) {
                auto next = bitcode::encode(number{asked.value + 1});
                answer.success(next.slices());
            }
            kept.clear();
        }
    }));
    auto const server = builder.start().value();
    auto const client = a_client(server).connect().value();
    std::vector<std::future<call_result<received<number>>>> waiting;
    for (std::uint64_t i = 0; i < count; ++i) {
        waiting.push_back(client.async_call(add_one, {i}, boost::asio::use_future));
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        ASSERT_EQ(waiting[i].get().value()->value, i + 1);
    }
}

// The client lives on the loop of the test, which is run by so many steps, one more each time,
// until the call has ended before it is given up. Megabytes take many steps, on the way there and
// back.
TEST_P(rpc_scenarios, cancel_at_every_step_of_a_unary_call) {
    auto const server = a_server()
                            .handle(mirror, [](blob const& sent) { return sent; })
                            .handle(echo, echoed)
                            .start()
                            .value();
    stepped_client here(a_client(server));
    blob const sent{pattern(1 * mib)};
    int cancelled = 0;
    for (int steps = 0;; ++steps) {
        std::optional<call_result<received<blob>>> ended;
        boost::asio::cancellation_signal signal;
        here.client().async_call(mirror, sent,
                                 boost::asio::bind_cancellation_slot(
                                     signal.slot(), [&](call_result<received<blob>> got) {
                                         ASSERT_FALSE(ended.has_value());
                                         ended.emplace(std::move(got));
                                     }));
        bool const whole = here.run(steps, [&] { return ended.has_value(); });
        signal.emit(boost::asio::cancellation_type::terminal);
        here.run_until([&] { return ended.has_value(); });
        here.expect_an_echo();
        if (*ended) {
            EXPECT_TRUE((**ended)->bytes == sent.bytes);
        } else {
            EXPECT_EQ(ended->error().error, call_error::cancelled);
            ++cancelled;
        }
        if (whole) {
            break;
        }
    }
    EXPECT_GT(cancelled, 0);
}

// As above. Whatever has begun at the server ends there, too.
TEST_P(rpc_scenarios, cancel_at_every_step_of_a_stream) {
    seen<bool> begun;
    seen<bool> over;
    auto const server = a_server()
                            .handle(doubled,
                                    [&](stream_reader<number>& from, stream_writer<number>& to,
                                        call_context context) -> awaitable<call_result<void>> {
                                        begun.add(true);
                                        ending const told([&] { over.add(true); });
                                        auto const done =
                                            co_await doubles(from, to, std::move(context));
                                        co_return done;
                                    })
                            .handle(echo, echoed)
                            .start()
                            .value();
    stepped_client here(a_client(server));
    int cancelled = 0;
    for (int steps = 0;; ++steps) {
        auto talk = here.client().open(doubled);
        std::optional<error_code> ended;
        boost::asio::co_spawn(here.loop(), talk_of_doubles(talk, ended), boost::asio::detached);
        bool const whole = here.run(steps, [&] { return ended.has_value(); });
        talk.from.cancel();
        here.run_until([&] { return ended.has_value(); });
        here.expect_an_echo();
        if (*ended) {
            EXPECT_EQ(*ended, call_error::cancelled);
            ++cancelled;
        }
        if (whole) {
            EXPECT_EQ(*ended, error_code());
            break;
        }
    }
    EXPECT_GT(cancelled, 0);
    auto const count = begun.wait_for(1).size();
    EXPECT_EQ(over.wait_for(count).size(), count);
}

TEST_P(rpc_scenarios, handler_that_never_answers) {
    auto const server = a_server()
                            .handle(echo, echoed)
                            .handle(never, waits)
                            .drain_timeout(std::chrono::milliseconds(1))
                            .start()
                            .value();
    auto const client =
        a_client(server).default_timeout(std::chrono::milliseconds(20)).connect().value();
    EXPECT_EQ(client.call(never, {"?"}).error().error, call_error::deadline_passed);
    EXPECT_EQ(client.call(echo, {"still here"}, {.timeout = patience}).value()->value,
              "still here");
}

// That no compression makes smaller: what the sockets hold is then as much as they can.
std::vector<std::byte> noise(std::size_t size) {
    std::mt19937_64 random(1);
    std::vector<std::byte> made(size);
    std::ranges::generate(made, [&] { return static_cast<std::byte>(random()); });
    return made;
}

// What waits for a reader does not grow with what is to be written: queues of both sides, and of
// the system between them.
TEST_P(rpc_scenarios, slow_reader_of_a_stream) {
    constexpr std::size_t large_part_size = 64 * kib;
    constexpr std::size_t count = 1024;
    constexpr std::size_t waiting_max = 24 * mib / large_part_size;
    auto const expected = noise(large_part_size);
    std::size_t const ahead_max = is_extended() ? 0 : stream_input_size_mark;
    std::atomic<std::size_t> written = 0;
    seen<bool> ahead;
    auto const server = a_server()
                            .handle(blobs,
                                    [&](received<number> wanted, stream_writer<blob>& to,
                                        call_context) -> awaitable<call_result<void>> {
                                        for (std::uint64_t i = 0; i < wanted->value; ++i) {
                                            blob part{expected};
                                            auto const gone = co_await to.async_write(
                                                std::move(part), use_awaitable);
                                            if (!gone) {
                                                co_return gone;
                                            }
                                            if (++written * large_part_size > ahead_max) {
                                                ahead.add(true);
                                            }
                                        }
                                        co_return call_result<void>();
                                    })
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    auto from = client.open(blobs, {count});
    ASSERT_FALSE(ahead.wait_for(1).empty()) << "it writes ahead of a reader that has read nothing";
    std::size_t read = 0;
    for (;;) {
        ASSERT_LT(written, read + waiting_max);
        auto const part = from.read().value();
        if (!part) {
            break;
        }
        ASSERT_TRUE((*part)->bytes == expected);
        ++read;
    }
    EXPECT_EQ(read, count);
}

// What has been handled is answered, and nobody waits for ever.
TEST_P(rpc_scenarios, stop_under_load) {
    std::atomic<int> handled = 0;
    std::atomic<int> answered = 0;
    seen<bool> busy;
    seen<error_code> ends;
    auto server = a_server()
                      .handle(add_one,
                              [&](number const& n) {
                                  if (++handled > 200) {
                                      busy.add(true);
                                  }
                                  return number{n.value + 1};
                              })
                      .threads(2)
                      .start()
                      .value();
    auto const one = a_client(server).connect().value();
    auto const two = a_client(server).connect().value();
    std::vector<std::thread> callers;
    for (rpc_client const* const by : {&one, &two, &one, &two}) {
        callers.emplace_back([&, by] {
            for (std::uint64_t i = 0;; ++i) {
                auto const answer = by->call(add_one, {i});
                if (!answer) {
                    ends.add(answer.error().error);
                    return;
                }
                EXPECT_EQ((*answer)->value, i + 1);
                ++answered;
            }
        });
    }
    EXPECT_FALSE(busy.wait_for(1).empty());
    server.stop();
    for (auto& each : callers) {
        each.join();
    }
    EXPECT_EQ(answered, handled);
    for (auto const& why : ends.wait_for(callers.size())) {
        EXPECT_TRUE(why == rpc::rpc_error::connection_lost ||
                    why == rpc::rpc_error::not_connected ||
                    (is_extended() && why == rpc::rpc_error::peer_going_away))
            << why.message();
    }
}

}  // namespace
}  // namespace trunkline
