// How clients, servers and what they have under way end: inside callbacks, with their loop, early.
#include <trunkline/peer/test_world.hpp>

#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <future>
#include <optional>
#include <stdexcept>
#include <thread>

namespace trunkline {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using transport::connection_state;

bool is_end(connection_state state) {
    return state == connection_state::disconnected || state == connection_state::error;
}

class endings : public over_transports {
protected:
    /// A client that runs on `mine`, connected.
    [[nodiscard]] std::optional<rpc_client> client_on(boost::asio::io_context& mine,
                                                      rpc_server const& server) {
        std::optional<rpc_client> made;
        auto builder = a_client(server);
        builder.run_on(mine);
        builder.async_connect([&](result<rpc_client> done) { made.emplace(std::move(*done)); });
        auto const guard = boost::asio::make_work_guard(mine);
        while (!made) {
            mine.run_one();
        }
        return made;
    }

    /// Runs a server on a loop of ours, has it called once, and stops the loop.
    void call_once(rpc_server::builder builder, std::optional<rpc_server>& server) {
        boost::asio::io_context mine;
        builder.run_on(mine);
        server.emplace(builder.start().value());
        std::thread caller([&, url = server->endpoints().front()] {
            rpc_client::builder dialing(url);
            if (auto client = dialing.over(names_).trust(parties().asking).connect()) {
                static_cast<void>(client->call(echo, {"x"}));
            }
            mine.stop();
        });
        auto const guard = boost::asio::make_work_guard(mine);
        mine.run();
        caller.join();
        server.reset();
    }
};
INSTANTIATE_TEST_SUITE_P(over, endings, ::testing::ValuesIn(every_transport),
                         [](auto const& each) { return each.param; });

TEST_P(endings, a_client_that_is_destroyed_reports_no_state) {
    auto const server = a_server().start().value();
    std::atomic<int> late = 0;
    std::atomic<bool> going = false;
    {
        auto const client =
            a_client(server).on_state([&](auto, auto) { late += going ? 1 : 0; }).connect().value();
        going = true;
    }
    EXPECT_EQ(late, 0);
}

TEST_P(endings, a_client_may_be_destroyed_when_it_is_told_of_the_end) {
    for (bool const by_server : {true, false}) {
        auto server = a_server().start().value();
        std::optional<rpc_client> client;
        std::promise<void> made;  // else no more than a socket would order both threads
        std::promise<void> gone;
        client.emplace(a_client(server)
                           .on_state([&](auto state, auto) {
                               if (is_end(state)) {
                                   made.get_future().wait();
                                   client.reset();
                                   gone.set_value();
                               }
                           })
                           .connect()
                           .value());
        made.set_value();
        by_server ? server.stop() : client->close();
        gone.get_future().get();
    }
}

TEST_P(endings, a_server_may_be_destroyed_by_its_handler) {
    std::optional<rpc_server> server;
    auto builder = a_server();
    builder.handle(echo, [&](text const& said) {
        server.reset();
        return said;
    });
    call_once(std::move(builder), server);
}

TEST_P(endings, a_server_may_be_destroyed_when_it_is_told_of_a_client) {
    std::optional<rpc_server> server;
    auto builder = a_server();
    builder.on_connected([&](peer) { server.reset(); });
    call_once(std::move(builder), server);
}

TEST_P(endings, a_server_may_be_destroyed_when_it_is_told_of_a_state) {
    for (auto const at : {connection_state::connecting, connection_state::connected,
                          connection_state::disconnected}) {
        std::optional<rpc_server> server;
        auto builder = a_server();
        builder.on_state([&, at](peer, auto state, auto) {
            if (state == at) {
                server.reset();
            }
        });
        call_once(std::move(builder), server);
    }
}

TEST_P(endings, a_server_stops_inside_its_own_handler) {
    std::optional<rpc_server> server;
    std::promise<void> came;
    server.emplace(a_server()
                       .handle(echo,
                               [&](text const& said) {
                                   server->stop();
                                   came.set_value();
                                   return said;
                               })
                       .start()
                       .value());
    auto const client = a_client(*server).connect().value();
    EXPECT_EQ(client.call(echo, {"the last"}).value()->value, "the last");
    came.get_future().get();
}

TEST_P(endings, a_server_that_has_stopped_can_be_stopped_and_destroyed) {
    auto server = a_server().threads(2).start().value();
    for (int i = 0; i < 2; ++i) {
        std::promise<void> done;
        server.async_stop([&] { done.set_value(); });
        done.get_future().get();
    }
    server.stop();
}

TEST_P(endings, callbacks_of_a_server_that_goes_are_called) {
    boost::asio::io_context mine;
    std::optional<rpc_server> server;
    std::optional<error_code> told;
    auto builder = a_server();
    builder
        .on_connected([&](peer joined) {
            joined.async_call(echo, {"x"}, [&](call_result<received<text>> answer) {
                told = answer.error().error;
            });
            mine.stop();
        })
        .run_on(mine);
    server.emplace(builder.start().value());
    std::promise<void> may_go;
    std::thread other([&, url = server->endpoints().front()] {
        rpc_client::builder dialing(url);
        auto const client = dialing.over(names_).trust(parties().asking).connect();
        may_go.get_future().wait();
    });
    auto const guard = boost::asio::make_work_guard(mine);
    mine.run();
    server.reset();
    mine.restart();
    mine.poll();
    EXPECT_EQ(told, rpc::rpc_error::connection_lost);
    may_go.set_value();
    other.join();
}

// Of a peer that has gone while its server lives on.
TEST_P(endings, callbacks_of_a_peer_that_has_gone_run_on_its_loop) {
    seen<std::pair<peer, std::thread::id>> joined;
    auto const server =
        a_server()
            .on_connected([&](peer one) { joined.add({one, std::this_thread::get_id()}); })
            .start()
            .value();
    std::optional<rpc_client> client(a_client(server).connect().value());
    auto const [gone, loop] = joined.wait_for(1).at(0);
    client.reset();
    std::promise<std::thread::id> where;
    gone.async_call(echo, {"x"}, {.timeout = patience},
                    [&](auto) { where.set_value(std::this_thread::get_id()); });
    EXPECT_EQ(where.get_future().get(), loop);
}

// The loop is its user's, and lives on.
TEST_P(endings, callbacks_of_a_client_that_has_gone_run_on_its_loop) {
    auto const server = a_server().start().value();
    boost::asio::io_context mine;
    auto client = client_on(mine, server);
    peer const gone = *client;
    client.reset();
    std::promise<std::thread::id> where;
    auto told = where.get_future();
    gone.async_call(echo, {"x"}, [&](auto) { where.set_value(std::this_thread::get_id()); });
    auto const guard = boost::asio::make_work_guard(mine);
    mine.restart();
    auto const ready = [&] {
        return told.wait_for(milliseconds::zero()) == std::future_status::ready;
    };
    for (auto const end = std::chrono::steady_clock::now() + patience;
         !ready() && std::chrono::steady_clock::now() < end;) {
        mine.poll();
    }
    ASSERT_TRUE(ready());
    EXPECT_EQ(told.get(), std::this_thread::get_id());
}

// What waits is told on that loop, also when the client goes while nothing runs there.
TEST_P(endings, calls_of_a_client_that_goes_beside_its_loop_end_there) {
    // A peer that has ended may still listen: the server would wait for its handler.
    auto const server =
        a_server().handle(never, waits).drain_timeout(milliseconds(1)).start().value();
    boost::asio::io_context mine;
    auto client = client_on(mine, server);
    std::optional<error_code> told;
    client->async_call(never, {"x"}, [&](auto answer) { told = answer.error().error; });
    mine.restart();
    mine.poll();
    client.reset();
    EXPECT_FALSE(told.has_value());
    mine.restart();
    mine.poll();
    EXPECT_EQ(told, rpc::rpc_error::connection_lost);
}

TEST_P(endings, a_call_right_behind_the_end_of_its_client_ends_on_its_loop) {
    auto const server = a_server().start().value();
    boost::asio::io_context mine;
    auto client = client_on(mine, server);
    std::optional<std::thread::id> where;
    boost::asio::post(mine, [&] {
        peer const gone = *client;
        client.reset();
        gone.async_call(echo, {"x"}, [&](auto) { where = std::this_thread::get_id(); });
    });
    mine.restart();
    mine.run();
    EXPECT_EQ(where, std::this_thread::get_id());
}

/// Whoever is told of an end calls once more, until it is enough.
class stubborn : public std::enable_shared_from_this<stubborn> {
public:
    explicit stubborn(peer whom) : whom_(std::move(whom)) {}

    void call() {
        whom_.async_call(never, {"x"}, [self = shared_from_this()](auto answer) {
            self->enough_ ? self->last_.set_value(answer.error().error) : self->call();
        });
    }

    /// How the last call ends; empty when nobody is told.
    [[nodiscard]] std::optional<error_code> last() {
        enough_ = true;
        auto told = last_.get_future();
        bool const is_told = told.wait_for(patience) == std::future_status::ready;
        return is_told ? std::optional(told.get()) : std::nullopt;
    }

private:
    peer const whom_;
    std::atomic<bool> enough_ = false;
    std::promise<error_code> last_;
};

TEST_P(endings, calls_without_a_pause_end_when_their_client_and_its_thread_have_gone) {
    auto const server = a_server().drain_timeout(milliseconds(1)).start().value();
    std::optional<rpc_client> client(a_client(server).connect().value());
    auto const caller = std::make_shared<stubborn>(*client);
    caller->call();
    client.reset();
    EXPECT_EQ(caller->last(), rpc::rpc_error::not_connected);
}

TEST_P(endings, calls_without_a_pause_end_when_their_client_goes_on_its_thread) {
    auto const server =
        a_server().handle(echo, echoed).drain_timeout(milliseconds(1)).start().value();
    std::optional<rpc_client> client(a_client(server).connect().value());
    auto const caller = std::make_shared<stubborn>(*client);
    std::promise<void> gone;
    client->async_call(echo, {"x"}, [&](auto) {
        caller->call();
        client.reset();
        gone.set_value();
    });
    gone.get_future().get();
    auto const last = caller->last();  // maybe the first one, which was under way
    ASSERT_TRUE(last.has_value());
    EXPECT_TRUE(last == rpc::rpc_error::connection_lost || last == rpc::rpc_error::not_connected)
        << last->message();
}

TEST_P(endings, calls_without_a_pause_end_when_their_server_and_its_thread_have_gone) {
    seen<peer> joined;
    auto server = std::optional(a_server()
                                    .on_connected([&](peer one) { joined.add(std::move(one)); })
                                    .drain_timeout(milliseconds(1))
                                    .start()
                                    .value());
    auto const client = a_client(*server).handle(echo, echoed).connect().value();
    auto const caller = std::make_shared<stubborn>(joined.wait_for(1).at(0));
    caller->call();
    server.reset();
    EXPECT_EQ(caller->last(), rpc::rpc_error::not_connected);
}

TEST_P(endings, coroutines_end_with_their_connection) {
    seen<int> ended;
    struct noted {
        seen<int>& in;
        ~noted() { in.add(1); }
    };
    // A peer over memory may still listen after its end; for how long is bounded by this.
    connection_limits soon;
    soon.ping_after = milliseconds(300);
    soon.silence_timeout = milliseconds(1000);
    auto const server =
        a_server()
            .limits(soon)
            .handle(never,
                    [&](received<text> said, call_context context) -> boost::asio::awaitable<text> {
                        noted const here{ended};
                        auto answer = co_await waits(std::move(said), std::move(context));
                        co_return answer;
                    })
            .start()
            .value();
    {
        auto const client = a_client(server).connect().value();
        for (int i = 0; i < 100; ++i) {
            client.async_call(never, {"?"}, [](auto) {});
        }
        EXPECT_FALSE(client.call(never, {"?"}, {.timeout = milliseconds(1)}).has_value());
    }
    EXPECT_EQ(ended.wait_for(101).size(), 101U);
}

struct many {
    std::vector<std::string> texts;
    static constexpr auto fields() { return std::tuple(&many::texts); }
};

// What decoding takes is far more than what was sent.
TEST_P(endings, coroutines_are_refused_when_they_keep_too_much) {
    constexpr typed::method<many, text> hoard{"hoard"};
    std::atomic<int> under_way = 0;
    auto const server =
        a_server()
            .handle(hoard,
                    [&](received<many>, call_context context) -> boost::asio::awaitable<text> {
                        ++under_way;
                        auto none = received<text>::copy_of(bitcode::encode(text{}).to_vector());
                        auto answer = co_await waits(std::move(none.value()), std::move(context));
                        co_return answer;
                    })
            .drain_timeout(milliseconds(1))
            .start()
            .value();
    auto const client = a_client(server).connect().value();
    many const sent{std::vector<std::string>(400'000)};
    for (int i = 0; i < 4; ++i) {
        EXPECT_FALSE(client.call(hoard, sent, {.timeout = milliseconds(20)}).has_value());
    }
    // One that is given up lets go of what it keeps where its server hears of that.
    EXPECT_LE(under_way, is_extended() ? 4 : 2);
}

TEST_P(endings, a_callback_that_throws_leaves_the_others_alone) {
    auto const server = a_server().handle(echo, echoed).start().value();
    boost::asio::io_context mine;
    auto client = client_on(mine, server);
    auto const guard = boost::asio::make_work_guard(mine);
    client->async_call(echo, {"a"}, [&](auto) { throw std::runtime_error("mine"); });
    EXPECT_THROW(mine.run(), std::runtime_error);
    bool answered = false;
    client->async_call(echo, {"b"}, [&](auto) {
        answered = true;
        mine.stop();
    });
    mine.restart();
    mine.run();
    EXPECT_TRUE(answered);
}

TEST_P(endings, a_loop_may_be_run_by_another_thread_later) {
    auto const server = a_server().handle(echo, echoed).start().value();
    boost::asio::io_context mine;
    auto client = client_on(mine, server);
    auto const guard = boost::asio::make_work_guard(mine);
    std::thread runner([&] { mine.run(); });
    EXPECT_EQ(client->call(echo, {"b"}).value()->value, "b");
    boost::asio::post(mine, [&] {
        client.reset();
        mine.stop();
    });
    runner.join();
}

TEST_P(endings, a_cancelled_call_does_not_complete_inside_emit) {
    auto const server = a_server().handle(never, waits).start().value();
    boost::asio::io_context mine;
    auto client = client_on(mine, server);
    boost::asio::cancellation_signal signal;
    std::optional<error_code> ended;
    client->async_call(
        never, {"x"},
        boost::asio::bind_cancellation_slot(signal.slot(), [&](call_result<received<text>> answer) {
            ended = answer.error().error;
            mine.stop();
        }));
    signal.emit(boost::asio::cancellation_type::terminal);
    EXPECT_FALSE(ended.has_value());
    auto const guard = boost::asio::make_work_guard(mine);
    mine.restart();
    mine.run();
    EXPECT_EQ(ended, call_error::cancelled);
}

TEST_P(endings, a_connect_may_go_with_its_context) {
    auto const server = a_server().start().value();
    boost::asio::io_context mine;
    auto builder = a_client(server);
    builder.run_on(mine);
    builder.async_connect([](result<rpc_client>) {});
    mine.poll_one();
}

TEST_P(endings, a_connect_can_be_cancelled_at_every_step) {
    auto const server = a_server().handle(echo, echoed).start().value();
    bool connected = false;
    for (int steps = 0; !connected; ++steps) {
        boost::asio::io_context mine;
        auto builder = a_client(server);
        builder.run_on(mine);
        boost::asio::cancellation_signal signal;
        std::optional<result<rpc_client>> ended;
        builder.async_connect(boost::asio::bind_cancellation_slot(
            signal.slot(), [&](result<rpc_client> made) { ended.emplace(std::move(made)); }));
        auto const guard = boost::asio::make_work_guard(mine);
        for (int i = 0; i < steps && !ended; ++i) {
            mine.run_one();
        }
        connected = ended.has_value();  // too late for the rest: it does nothing
        signal.emit(boost::asio::cancellation_type::terminal);
        while (!ended) {
            mine.run_one();
        }
        mine.poll();
        // A connect that is over, but for telling so, may still say that it has succeeded.
        if (ended->has_value()) {
            EXPECT_TRUE((*ended)->is_connected());
        } else {
            EXPECT_FALSE(connected);
            EXPECT_EQ(ended->error(), call_error::cancelled);
        }
    }
}

TEST_P(endings, the_longest_timeout_is_none) {
    auto const server = a_server().handle(echo, echoed).start().value();
    auto const client = a_client(server).connect().value();
    EXPECT_TRUE(client.call(echo, {"x"}, {.timeout = milliseconds::max()}).has_value());
}

TEST_P(endings, handles_of_one_peer_are_equal) {
    seen<peer> callers;
    auto const server = a_server()
                            .default_timeout(patience)
                            .handle(echo,
                                    [&](text const& said, call_context context) {
                                        callers.add(context.caller);
                                        return said;
                                    })
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    EXPECT_TRUE(client.call(echo, {"x"}).has_value());
    EXPECT_EQ(callers.wait_for(1), server.peers());
}

TEST(ending_in_memory, a_connect_that_nobody_accepts_ends_in_time) {
    memory::hub names;
    transport::simulated_runtime never_run;
    auto const server =
        rpc_server::builder().listen("memory:quiet").over(names).run_on(never_run).start().value();
    EXPECT_EQ(rpc_client::builder("memory:quiet")
                  .over(names)
                  .connect_timeout(milliseconds(20))
                  .connect()
                  .error(),
              transport::transport_error::handshake_timeout);
}

}  // namespace
}  // namespace trunkline
