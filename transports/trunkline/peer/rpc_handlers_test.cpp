// Handlers that run on after they have been called: how they are told to stop, how long they may
// take, and those that block.
#include <trunkline/peer/test_world.hpp>

#include <trunkline/peer/handler_pool.hpp>
#include <trunkline/rpc/error.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <future>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <thread>

namespace trunkline {
namespace {

using namespace testing;
using std::chrono::milliseconds;

/// Something that happens once, and who waits for it; on any threads.
class gate {
public:
    void open() { opened_.set_value(); }
    [[nodiscard]] bool pass() { return waited_.wait_for(patience) == std::future_status::ready; }

private:
    std::promise<void> opened_;
    std::shared_future<void> waited_ = opened_.get_future().share();
};

/// Blocks until the call is stopped.
bool wait_for_stop(call_context const& context) {
    std::promise<void> stopped;
    std::stop_callback const told(context.stop, [&] { stopped.set_value(); });
    return stopped.get_future().wait_for(patience) == std::future_status::ready;
}

class handlers : public over_transports {};
INSTANTIATE_TEST_SUITE_P(over, handlers, ::testing::ValuesIn(every_transport),
                         [](auto const& each) { return each.param; });

TEST_P(handlers, are_told_of_their_call) {
    seen<call_context> told;
    auto const note = [&](text const& said, call_context context) {
        EXPECT_FALSE(context.stop.stop_possible());
        told.add(context);
        return said;
    };
    auto const server = a_server()
                            .handle(echo, note)
                            .handle(mirror, on_pool([&](blob const& sent, call_context context) {
                                        EXPECT_TRUE(context.stop.stop_possible());
                                        told.add(context);
                                        return sent;
                                    }))
                            .request_timeout(patience)
                            .start()
                            .value();
    auto const client = a_client(server).default_timeout(2 * patience).connect().value();
    auto const before = std::chrono::steady_clock::now();
    EXPECT_TRUE(client.call(echo, {"x"}).has_value());
    EXPECT_TRUE(client.call(mirror, {}).has_value());
    auto const contexts = told.wait_for(2);
    ASSERT_EQ(contexts.size(), 2U);
    EXPECT_EQ(contexts[0].method, "echo");
    EXPECT_EQ(contexts[0].method_id, echo.id);
    EXPECT_EQ(contexts[1].method, "mirror");
    EXPECT_NE(contexts[0].request_id, contexts[1].request_id);
    for (auto const& each : contexts) {
        EXPECT_EQ(each.caller, server.peers().front());
        EXPECT_EQ(each.connection_id(), server.peers().front().id());
        ASSERT_TRUE(each.deadline.has_value());
        EXPECT_GT(*each.deadline, before + patience - milliseconds(1));
        EXPECT_FALSE(each.cancelled());
    }
}

TEST_P(handlers, have_no_deadline_unless_one_is_set) {
    seen<call_context> told;
    auto const server = a_server()
                            .handle(echo,
                                    [&](text const& said, call_context context) {
                                        told.add(std::move(context));
                                        return said;
                                    })
                            .start()
                            .value();
    auto const client = a_client(server).default_timeout(milliseconds(0)).connect().value();
    EXPECT_TRUE(client.call(echo, {"x"}).has_value());
    EXPECT_FALSE(told.wait_for(1).at(0).deadline.has_value());
}

TEST_P(handlers, that_are_coroutines_are_stopped_after_the_request_timeout) {
    seen<bool> ended;
    auto const server =
        a_server()
            .handle(never,
                    [&](received<text> said, call_context context) -> boost::asio::awaitable<text> {
                        auto const stop = context.stop;
                        try {
                            auto never_made = co_await waits(std::move(said), std::move(context));
                            co_return never_made;
                        } catch (boost::system::system_error const&) {
                            ended.add(stop.stop_requested());
                            throw;
                        }
                    })
            .request_timeout(milliseconds(20))
            .start()
            .value();
    auto const client = a_client(server).connect().value();
    EXPECT_EQ(client.call(never, {"?"}, {.timeout = patience}).error(),
              (call_failure{call_error::system_failure, "the handler took too long"}));
    EXPECT_EQ(ended.wait_for(1), std::vector<bool>{true});
}

TEST_P(handlers, that_end_in_time_are_not_stopped) {
    auto const server =
        a_server()
            .handle(echo,
                    [](received<text> said, call_context) -> boost::asio::awaitable<text> {
                        co_return text{said->value};
                    })
            .handle(mirror, on_pool([](blob const& sent) { return sent; }))
            .request_timeout(patience)
            .start()
            .value();
    auto const client = a_client(server).connect().value();
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(client.call(echo, {"x"}).value()->value, "x");
        EXPECT_TRUE(client.call(mirror, {}).has_value());
    }
}

TEST_P(handlers, on_the_pool_are_stopped_after_the_request_timeout) {
    std::atomic<int> begun = 0;
    seen<bool> stopped;
    auto const server = a_server()
                            .handle(never, on_pool([&](text const&, call_context context) {
                                        ++begun;
                                        stopped.add(wait_for_stop(context));
                                        EXPECT_TRUE(context.cancelled());
                                        return text{"too late"};
                                    }))
                            .request_timeout(milliseconds(20))
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    do {  // a call whose time is up before a thread of the pool has come to it never begins
        EXPECT_EQ(client.call(never, {"?"}, {.timeout = patience}).error(),
                  (call_failure{call_error::system_failure, "the handler took too long"}));
    } while (begun == 0);
    auto const all = stopped.wait_for(1);
    ASSERT_FALSE(all.empty());
    EXPECT_TRUE(all.front());
}

TEST_P(handlers, on_the_pool_are_told_that_their_caller_has_gone) {
    gate began;
    seen<bool> stopped;
    // A peer over memory may still listen after its end; for how long is bounded by this.
    connection_limits soon;
    soon.ping_after = milliseconds(300);
    soon.silence_timeout = milliseconds(1000);
    auto const server = a_server()
                            .limits(soon)
                            .handle(never, on_pool([&](text const& said, call_context context) {
                                        began.open();
                                        stopped.add(wait_for_stop(context));
                                        EXPECT_TRUE(context.cancelled());
                                        return said;
                                    }))
                            .start()
                            .value();
    {
        auto const client = a_client(server).connect().value();
        client.async_call(never, {"?"}, [](auto) {});
        ASSERT_TRUE(began.pass());
    }
    EXPECT_EQ(stopped.wait_for(1), std::vector<bool>{true});
}

TEST_P(handlers, of_a_client_are_stopped_when_it_closes) {
    gate began;
    seen<bool> stopped;
    auto const server =
        a_server()
            .on_connected([&](peer joined) { joined.async_call(never, {"?"}, [](auto) {}); })
            .start()
            .value();
    auto const client = a_client(server)
                            .handle(never, on_pool([&](text const& said, call_context context) {
                                        began.open();
                                        stopped.add(wait_for_stop(context));
                                        return said;
                                    }))
                            .connect()
                            .value();
    ASSERT_TRUE(began.pass());
    client.close();
    EXPECT_EQ(stopped.wait_for(1), std::vector<bool>{true});
}

TEST_P(handlers, on_the_pool_leave_their_connection_free) {
    gate went_on;
    std::atomic<bool> elsewhere = false;
    std::atomic<std::thread::id> loop;
    auto const server = a_server()
                            .handle(echo,
                                    [&](text const& said) {
                                        loop = std::this_thread::get_id();
                                        went_on.open();
                                        return said;
                                    })
                            .handle(never, on_pool([&](text const& said) {
                                        EXPECT_TRUE(went_on.pass());
                                        elsewhere = std::this_thread::get_id() != loop.load();
                                        return said;
                                    }))
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    auto blocked = client.async_call(never, {"slow"}, boost::asio::use_future);
    EXPECT_EQ(client.call(echo, {"fast"}).value()->value, "fast");
    EXPECT_EQ(blocked.get().value()->value, "slow");
    EXPECT_TRUE(elsewhere);
}

TEST_P(handlers, on_the_pool_may_call_their_caller_and_wait) {
    auto const server =
        a_server()
            .handle(echo, on_pool([](text const& said, call_context context) -> call_result<text> {
                        auto answer = context.caller.call(add_one, {said.value.size()});
                        if (!answer) {
                            return answer.error();
                        }
                        return text{std::to_string((*answer)->value)};
                    }))
            .start()
            .value();
    auto const client = a_client(server)
                            .handle(add_one, [](number const& n) { return number{n.value + 1}; })
                            .connect()
                            .value();
    EXPECT_EQ(client.call(echo, {"four"}).value()->value, "5");
}

TEST_P(handlers, on_the_pool_answer_errors_as_what_they_are) {
    constexpr typed::method<text, text> throws{"throws"};
    constexpr typed::method<text, text> refuses{"refuses"};
    auto const server =
        a_server()
            .handle(throws,
                    on_pool([](text const&) -> text { throw std::runtime_error("secret"); }))
            .handle(refuses, on_pool([](text const&) -> call_result<text> {
                        return call_failure{call_error::refused, "not you"};
                    }))
            .start()
            .value();
    auto const client = a_client(server).connect().value();
    EXPECT_EQ(client.call(throws, {"x"}).error(),
              (call_failure{call_error::system_failure, "the handler failed"}));
    EXPECT_EQ(client.call(refuses, {"x"}).error(), (call_failure{call_error::refused, "not you"}));
}

TEST_P(handlers, above_what_may_wait_for_a_thread_are_busy) {
    gate began;
    gate may_end;
    std::atomic<int> first = 0;
    auto const server = a_server()
                            .handle(echo, on_pool([&](text const& said) {
                                        if (first++ == 0) {
                                            began.open();
                                        }
                                        EXPECT_TRUE(may_end.pass());
                                        return said;
                                    }))
                            .pool_threads(1, 2)
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    std::vector<std::future<call_result<received<text>>>> calls;
    calls.push_back(client.async_call(echo, {"runs"}, boost::asio::use_future));
    ASSERT_TRUE(began.pass());
    for (auto const* const each : {"waits", "waits too"}) {
        calls.push_back(client.async_call(echo, {each}, boost::asio::use_future));
    }
    EXPECT_EQ(client.call(echo, {"too many"}).error(),
              (call_failure{call_error::system_failure, "the server is busy"}));
    may_end.open();
    for (auto& each : calls) {
        EXPECT_TRUE(each.get().has_value());
    }
}

TEST_P(handlers, that_wait_for_a_thread_never_begin_when_their_caller_has_gone) {
    gate began;
    gate may_end;
    std::atomic<int> run = 0;
    auto server = a_server()
                      .handle(echo, on_pool([&](text const& said) {
                                  if (run++ == 0) {
                                      began.open();
                                  }
                                  EXPECT_TRUE(may_end.pass());
                                  return said;
                              }))
                      .pool_threads(1)
                      .request_timeout(milliseconds(20))
                      .start()
                      .value();
    auto const client = a_client(server).connect().value();
    client.async_call(echo, {"runs"}, [](auto) {});
    ASSERT_TRUE(began.pass());
    EXPECT_EQ(client.call(echo, {"waits"}).error(),
              (call_failure{call_error::system_failure, "the handler took too long"}));
    may_end.open();
    server.stop();
    EXPECT_EQ(run, 1);
}

TEST_P(handlers, on_the_pool_are_answered_and_waited_for_by_a_stop) {
    gate began;
    gate may_end;
    std::atomic<bool> ended = false;
    auto server = a_server()
                      .handle(echo, on_pool([&](text const& said) {
                                  began.open();
                                  EXPECT_TRUE(may_end.pass());
                                  ended = true;
                                  return said;
                              }))
                      .drain_timeout(patience)
                      .start()
                      .value();
    auto const client = a_client(server).connect().value();
    auto answer = client.async_call(echo, {"the last"}, boost::asio::use_future);
    ASSERT_TRUE(began.pass());
    std::thread stopping([&] { server.stop(); });
    may_end.open();
    stopping.join();
    EXPECT_TRUE(ended);
    EXPECT_EQ(answer.get().value()->value, "the last");
}

// It asks for its caller all the while, and must not wait for a loop that has ended.
TEST_P(handlers, on_the_pool_that_outlast_the_drain_are_told_and_waited_for) {
    gate began;
    std::atomic<bool> ended = false;
    auto server = a_server()
                      .handle(never, on_pool([&](text const& said, call_context context) {
                                  began.open();
                                  EXPECT_TRUE(wait_for_stop(context));
                                  EXPECT_FALSE(context.caller.call(echo, {"?"}).has_value());
                                  ended = true;
                                  return said;
                              }))
                      .drain_timeout(milliseconds(1))
                      .start()
                      .value();
    auto const client = a_client(server).connect().value();
    client.async_call(never, {"?"}, [](auto) {});
    ASSERT_TRUE(began.pass());
    server.stop();
    EXPECT_TRUE(ended);
}

TEST_P(handlers, on_the_pool_may_destroy_their_server) {
    std::optional<rpc_server> server;
    std::promise<void> gone;
    server.emplace(a_server()
                       .handle(echo, on_pool([&](text const& said) {
                                   server.reset();
                                   gone.set_value();
                                   return said;
                               }))
                       .start()
                       .value());
    auto const client = a_client(*server).connect().value();
    client.async_call(echo, {"x"}, [](auto) {});
    EXPECT_EQ(gone.get_future().wait_for(patience), std::future_status::ready);
}

TEST_P(handlers, on_the_pool_may_destroy_their_client) {
    std::optional<rpc_client> client;
    std::promise<void> gone;
    gate made;
    auto const server =
        a_server()
            .on_connected([&](peer joined) { joined.async_call(echo, {"x"}, [](auto) {}); })
            .start()
            .value();
    client.emplace(a_client(server)
                       .handle(echo, on_pool([&](text const& said) {
                                   EXPECT_TRUE(made.pass());
                                   client.reset();
                                   gone.set_value();
                                   return said;
                               }))
                       .connect()
                       .value());
    made.open();
    EXPECT_EQ(gone.get_future().wait_for(patience), std::future_status::ready);
}

// The loop is gone when the handler wants to answer.
TEST_P(handlers, on_the_pool_may_outlive_a_server_on_a_loop_of_ours) {
    struct shared {
        gate began;
        gate may_end;
        gate ended;
    };
    auto const kept = std::make_shared<shared>();
    std::thread caller;
    {
        boost::asio::io_context mine;
        auto builder = a_server();
        auto const server = builder.run_on(mine)
                                .handle(echo, on_pool([kept](text const& said, call_context from) {
                                            kept->began.open();
                                            EXPECT_TRUE(kept->may_end.pass());
                                            EXPECT_FALSE(from.caller.call(echo, said).has_value());
                                            kept->ended.open();
                                            return said;
                                        }))
                                .start()
                                .value();
        caller = std::thread([&, url = server.endpoints().front()] {
            rpc_client::builder dialing(url);
            auto const client = dialing.over(names_).trust(parties().asking).connect().value();
            client.async_call(echo, {"x"}, [](auto) {});
            EXPECT_TRUE(kept->began.pass());
            mine.stop();
        });
        auto const guard = boost::asio::make_work_guard(mine);
        mine.run();
        caller.join();
    }
    kept->may_end.open();
    EXPECT_TRUE(kept->ended.pass());
}

TEST(handler_pool, calls_when_it_is_idle) {
    peers::handler_pool pool(2, 100);
    bool told = false;
    pool.when_idle([&] { told = true; });
    EXPECT_TRUE(told);
    std::atomic<int> done = 0;
    std::promise<int> idle;
    gate may_run;
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(pool.submit([&] {
            EXPECT_TRUE(may_run.pass());
            ++done;
        }));
    }
    pool.when_idle([&] { idle.set_value(done); });
    may_run.open();
    EXPECT_EQ(idle.get_future().get(), 100);
}

}  // namespace
}  // namespace trunkline
