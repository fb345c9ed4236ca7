// Servers and clients on threads of their own, over every transport.
#include <trunkline/peer/test_world.hpp>

#include <trunkline/rpc/error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <optional>
#include <thread>

namespace trunkline {
namespace {

using namespace testing;

class rpc_peers : public over_transports {};
INSTANTIATE_TEST_SUITE_P(over, rpc_peers, ::testing::ValuesIn(every_transport),
                         [](auto const& each) { return each.param; });

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

TEST_P(rpc_peers, endpoints_that_are_none_are_refused) {
    for (auto const* const url : {"", "nonsense", "ftp://127.0.0.1/", "ws://", "memory:"}) {
        EXPECT_FALSE(rpc_client::builder(url).over(names_).connect().has_value()) << url;
        EXPECT_FALSE(rpc_server::builder().listen(url).over(names_).start().has_value()) << url;
    }
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
    // A client may be connected before the server has seen it.
    one.send(news, {"to the server"});
    two.send(news, {"to the server"});
    EXPECT_EQ(at_server.wait_for(2), (std::vector<std::string>(2, "to the server")));
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

// Two threads that did so for each other would wait for ever.
TEST_P(rpc_peers, a_blocking_call_on_a_thread_of_other_connections_is_refused) {
    auto const server = a_server().handle(echo, echoed).start().value();
    auto const one = a_client(server).connect().value();
    auto const other = a_client(server).connect().value();
    std::promise<void> done;
    one.async_call(echo, {"x"}, [&](auto) {
        EXPECT_EQ(other.call(echo, {"y"}).error().error, call_error::would_block_loop);
        EXPECT_EQ(other.call(echo, {"y"}).error().progress, call_progress::not_sent);
        EXPECT_EQ(other.ping().error().error, call_error::would_block_loop);
        done.set_value();
    });
    done.get_future().wait();
    EXPECT_TRUE(other.call(echo, {"y"}));
}

TEST_P(rpc_peers, handlers_of_two_threads_that_block_for_each_other_are_refused) {
    auto const server = a_server().handle(echo, echoed).start().value();
    std::optional<rpc_client> first;
    std::optional<rpc_client> second;
    seen<error_code> refused;
    auto const asks = [&](std::optional<rpc_client>& whom) {
        return [&](text const& said) {
            refused.add(whom->call(echo, {"back"}).error().error);
            return said;
        };
    };
    first = a_client(server).handle(never, asks(second)).connect().value();
    second = a_client(server).handle(never, asks(first)).connect().value();
    ASSERT_TRUE(first->call(echo, {"here"}) && second->call(echo, {"here, too"}));
    for (peer const& each : server.peers()) {
        EXPECT_TRUE(each.call(never, {"go"}, {.timeout = patience}));
    }
    EXPECT_EQ(refused.wait_for(2), std::vector<error_code>(2, call_error::would_block_loop));
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
