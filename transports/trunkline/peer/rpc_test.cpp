// Servers and clients on threads of their own, over every transport.
#include <trunkline/peer/test_world.hpp>

#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <future>
#include <optional>
#include <stdexcept>
#include <thread>

namespace trunkline {
namespace {

using namespace testing;
using transport::connection_state;

class rpc_peers : public over_transports {};
INSTANTIATE_TEST_SUITE_P(over, rpc_peers, ::testing::Values("memory", "websocket"),
                         [](auto const& each) { return each.param; });

text echoed(text const& said) {
    return said;
}

TEST_P(rpc_peers, a_blocking_call_is_answered) {
    auto const server = a_server().handle(echo, echoed).start().value();
    auto const client = a_client(server).connect().value();
    EXPECT_TRUE(client.is_connected());
    EXPECT_EQ(client.call(echo, {"hello"}).value()->value, "hello");
}

TEST_P(rpc_peers, a_callback_is_called_on_the_connections_thread) {
    auto const server = a_server().handle(echo, echoed).start().value();
    auto const client = a_client(server).connect().value();
    std::promise<std::pair<std::string, std::thread::id>> promised;
    client.async_call(echo, {"hello"}, [&](call_result<received<text>> answer) {
        promised.set_value({answer.value()->value, std::this_thread::get_id()});
    });
    auto const [said, where] = promised.get_future().get();
    EXPECT_EQ(said, "hello");
    EXPECT_NE(where, std::this_thread::get_id());
}

TEST_P(rpc_peers, a_coroutine_is_resumed_where_it_runs) {
    auto const server = a_server().handle(echo, echoed).start().value();
    auto const client = a_client(server).connect().value();
    boost::asio::io_context mine;
    std::string said;
    auto const test_thread = std::this_thread::get_id();
    auto talk = [&]() -> boost::asio::awaitable<void> {
        text const x{"x"};
        for (int i = 0; i < 10; ++i) {
            auto const answer = co_await client.async_call(echo, x, boost::asio::use_awaitable);
            said += answer.value()->value;
            EXPECT_EQ(std::this_thread::get_id(), test_thread);
        }
    };
    boost::asio::co_spawn(mine, talk(), boost::asio::detached);
    mine.run();  // has work until the last answer
    EXPECT_EQ(said, std::string(10, 'x'));
}

TEST_P(rpc_peers, a_future_is_filled) {
    auto const server = a_server().handle(echo, echoed).start().value();
    auto const client = a_client(server).connect().value();
    auto answer = client.async_call(echo, {"later"}, boost::asio::use_future);
    EXPECT_EQ(answer.get().value()->value, "later");
}

TEST_P(rpc_peers, ten_thousand_calls_are_in_flight_and_each_gets_its_answer) {
    auto const server = a_server()
                            .handle(add_one, [](number const& n) { return number{n.value + 1}; })
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    std::vector<std::future<call_result<received<number>>>> waiting;
    for (std::uint64_t i = 0; i < 10'000; ++i) {
        waiting.push_back(client.async_call(add_one, {i}, boost::asio::use_future));
    }
    for (std::uint64_t i = 0; i < waiting.size(); ++i) {
        ASSERT_EQ(waiting[i].get().value()->value, i + 1);
    }
}

TEST_P(rpc_peers, many_threads_use_one_client) {
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

TEST_P(rpc_peers, large_payloads_travel_both_ways) {
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

TEST_P(rpc_peers, a_failed_connection_says_why) {
    seen<state_change> states;
    auto const url = is_memory() ? "memory:nobody" : "ws://127.0.0.1:1/ws";
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

TEST_P(rpc_peers, endpoints_that_are_none_are_refused) {
    for (auto const* const url : {"", "nonsense", "ftp://127.0.0.1/", "ws://", "memory:"}) {
        EXPECT_FALSE(rpc_client::builder(url).over(names_).connect().has_value()) << url;
        EXPECT_FALSE(rpc_server::builder().listen(url).over(names_).start().has_value()) << url;
    }
}

TEST_P(rpc_peers, states_are_told_in_their_order) {
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

TEST_P(rpc_peers, a_call_without_a_connection_fails_at_once) {
    std::optional<peer> left;
    {
        auto const server = a_server().handle(echo, echoed).start().value();
        auto const client = a_client(server).connect().value();
        left = client;
        EXPECT_TRUE(left->is_connected());
    }
    EXPECT_FALSE(left->is_connected());
    EXPECT_EQ(left->call(echo, {"anybody"}).error().error, rpc::rpc_error::not_connected);
    auto answer = left->async_call(echo, {"anybody"}, boost::asio::use_future);
    EXPECT_EQ(answer.get().error().error, rpc::rpc_error::not_connected);
    left->send(news, {"to nobody"});
    left->close();
}

TEST_P(rpc_peers, calls_that_wait_fail_when_the_connection_ends) {
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

TEST_P(rpc_peers, errors_of_handlers_come_as_what_they_are) {
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

TEST_P(rpc_peers, a_deadline_ends_a_call_and_nothing_else) {
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

TEST_P(rpc_peers, the_server_calls_its_client_while_it_is_called) {
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
TEST_P(rpc_peers, nested_calls_go_sixteen_deep) {
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

TEST_P(rpc_peers, events_go_both_ways_and_to_all) {
    seen<std::string> at_server;
    seen<std::string> at_clients;
    auto const server = a_server()
                            .handle(news, [&](text const& said) { at_server.add(said.value); })
                            .threads(2)
                            .start()
                            .value();
    auto const listening = [&](text const& said) { at_clients.add(said.value); };
    auto const one = a_client(server).handle(news, listening).connect().value();
    auto const two = a_client(server).handle(news, listening).connect().value();
    one.send(news, {"to the server"});
    EXPECT_EQ(at_server.wait_for(1), std::vector<std::string>{"to the server"});
    server.broadcast(news, {"to all"});
    EXPECT_EQ(at_clients.wait_for(2), (std::vector<std::string>{"to all", "to all"}));
}

TEST_P(rpc_peers, clients_are_told_of_listed_and_called) {
    seen<peer> joined;
    auto const server = a_server().on_connected([&](peer p) { joined.add(p); }).start().value();
    auto const client = a_client(server).handle(echo, echoed).connect().value();
    auto const told = joined.wait_for(1);
    ASSERT_EQ(told.size(), 1U);
    ASSERT_EQ(server.peers().size(), 1U);
    EXPECT_EQ(server.peers().front(), told.front());
    EXPECT_EQ(told.front().call(echo, {"who are you"}).value()->value, "who are you");
    EXPECT_FALSE(told.front().name().empty());
}

TEST_P(rpc_peers, a_second_handler_of_a_method_is_refused) {
    EXPECT_EQ(a_server().handle(echo, echoed).handle(echo, echoed).start().error(),
              call_error::duplicate_method);
    auto const server = a_server().start().value();
    EXPECT_EQ(a_client(server).handle(echo, echoed).handle(echo, echoed).connect().error(),
              call_error::duplicate_method);
}

TEST_P(rpc_peers, a_blocking_call_on_the_connections_thread_is_refused) {
    auto const server = a_server().handle(echo, echoed).start().value();
    auto const client = a_client(server).connect().value();
    std::promise<error_code> promised;
    client.async_call(echo, {"x"},
                      [&](auto) { promised.set_value(client.call(echo, {"y"}).error().error); });
    EXPECT_EQ(promised.get_future().get(), call_error::would_deadlock);
}

TEST_P(rpc_peers, connections_above_the_limit_are_refused) {
    auto const server = a_server().handle(echo, echoed).connections_max(1).start().value();
    auto const first = a_client(server).connect().value();
    EXPECT_TRUE(first.call(echo, {"x"}).has_value());
    auto const second = a_client(server).connect();
    EXPECT_FALSE(second.has_value() && second->call(echo, {"x"}).has_value());
    EXPECT_TRUE(first.call(echo, {"x"}).has_value());
}

TEST_P(rpc_peers, a_client_may_be_destroyed_inside_its_own_callback) {
    auto const server = a_server().handle(echo, echoed).start().value();
    std::optional<rpc_client> client(a_client(server).connect().value());
    std::promise<void> gone;
    std::promise<error_code> other;
    client->async_call(echo, {"x"}, [&](auto) {
        client->async_call(echo, {"y"}, [&](call_result<received<text>> answer) {
            other.set_value(answer.error().error);
        });
        client.reset();
        gone.set_value();
    });
    gone.get_future().get();
    EXPECT_EQ(other.get_future().get(), rpc::rpc_error::connection_lost);
}

TEST_P(rpc_peers, a_client_runs_on_the_loop_that_it_is_given) {
    auto const server = a_server().handle(echo, echoed).start().value();
    boost::asio::io_context mine;
    std::string said;
    auto talk = [&]() -> boost::asio::awaitable<void> {
        auto builder = a_client(server);
        builder.run_on(mine);
        auto client = co_await builder.async_connect(boost::asio::use_awaitable);
        text const request{"mine"};
        auto const answer =
            co_await client.value().async_call(echo, request, boost::asio::use_awaitable);
        said = answer.value()->value;
        mine.stop();
    };
    boost::asio::co_spawn(mine, talk(), boost::asio::detached);
    mine.run();
    EXPECT_EQ(said, "mine");
}

}  // namespace
}  // namespace trunkline
