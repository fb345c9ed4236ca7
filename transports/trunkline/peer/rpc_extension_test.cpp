// What two Trunkline peers have on top of the published protocol, in virtual time.
#include <trunkline/flow/limits.hpp>
#include <trunkline/peer/test_streams.hpp>
#include <trunkline/peer/wait.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;

std::size_t read_all(stream_reader<blob>& from) {
    std::size_t count = 0;
    while (from.read().value()) {
        ++count;
    }
    return count;
}

class extended_peers : public ::testing::Test {
protected:
    [[nodiscard]] rpc_server::builder a_server() {
        rpc_server::builder made;
        made.listen("memory:here").over(names_).run_on(loop_);
        return made;
    }
    [[nodiscard]] rpc_client::builder a_client() {
        rpc_client::builder made("memory:here");
        made.over(names_).run_on(loop_).extension();
        return made;
    }

    // As many as are asked for.
    awaitable<void> write_blobs(received<number> count, stream_writer<blob>& to, call_context) {
        for (std::uint64_t i = 0; i < count->value; ++i) {
            blob part{pattern(part_size)};
            auto const written = co_await to.async_write(std::move(part), use_awaitable);
            if (!written) {
                co_return;
            }
            ++written_;
        }
        to.finish();
    }
    auto writes_blobs() {
        return [this](received<number> count, stream_writer<blob>& to, call_context context) {
            return write_blobs(std::move(count), to, std::move(context));
        };
    }

    memory::hub names_;
    transport::simulated_runtime loop_;
    std::size_t written_ = 0;
};

TEST_F(extended_peers, FLO_01_FLO_03_a_stalled_reader_holds_up_its_own_stream_alone) {
    auto const server = a_server()
                            .handle(blobs, writes_blobs())
                            .handle(echo, [](text const& said) { return said; })
                            .start()
                            .value();
    auto const client = a_client().connect().value();
    auto stalled = client.open(blobs, {2000});
    loop_.run_for(10s);
    std::size_t const before = written_;
    EXPECT_LE(before * part_size, flow::first_credit + chunk_size);
    EXPECT_EQ(client.call(echo, {"still here"}).value()->value, "still here");
    auto other = client.open(blobs, {2000});
    EXPECT_EQ(read_all(other), 2000u);
    EXPECT_EQ(written_, before + 2000u);
    EXPECT_EQ(read_all(stalled), 2000u);
}

TEST_F(extended_peers, a_slow_handler_holds_up_its_own_stream_alone) {
    std::vector<stream_reader<blob>> unread;
    std::vector<stream_reply<number>> replies;
    auto const server =
        a_server()
            .handle(sizes,
                    [&](stream_reader<blob> from, stream_reply<number> to, call_context) {
                        unread.push_back(std::move(from));
                        replies.push_back(std::move(to));
                    })
            .handle(echo, [](text const& said) { return said; })
            .start()
            .value();
    auto const client = a_client().connect().value();
    auto call = client.open(sizes);
    auto write = [&]() -> awaitable<void> {
        for (int i = 0; i < 500; ++i) {
            blob part{pattern(part_size)};
            auto const written = co_await call.to.async_write(std::move(part), use_awaitable);
            if (!written) {
                co_return;
            }
            ++written_;
        }
        call.to.finish();
    };
    boost::asio::co_spawn(loop_.executor(), write(), boost::asio::detached);
    loop_.run_for(10s);
    EXPECT_LE(written_ * part_size, flow::first_credit + chunk_size);
    EXPECT_EQ(client.call(echo, {"still here"}).value()->value, "still here");
    EXPECT_EQ(read_all(unread.front()), 500u);
    replies.front()({500});
    EXPECT_EQ(call.answer.get().value()->value, 500u);
}

TEST_F(extended_peers, FLO_09_a_thousand_stalled_streams_stay_within_the_bound_of_the_connection) {
    auto const server = a_server()
                            .handle(blobs, writes_blobs())
                            .handle(echo, [](text const& said) { return said; })
                            .start()
                            .value();
    auto const client = a_client().connect().value();
    std::vector<stream_reader<blob>> stalled;
    for (int i = 0; i < 1000; ++i) {
        stalled.push_back(client.open(blobs, {100}));
    }
    loop_.run_for(10s);
    EXPECT_LE(written_ * part_size, 1000 * (flow::first_credit + 2 * part_size));
    EXPECT_EQ(client.call(echo, {"still here"}).value()->value, "still here");
    for (auto& each : stalled) {
        ASSERT_EQ(read_all(each), 100u);
    }
}

// Over sockets: where both ends agree, and where one of them does not.
class extension_over : public over_transports {};
INSTANTIATE_TEST_SUITE_P(transports, extension_over, ::testing::ValuesIn(every_transport),
                         [](auto const& of) { return of.param; });

TEST_P(extension_over, FLT_13_checked_frames_carry_calls_and_streams) {
    auto const server =
        a_server()
            .handle(echo, [](text const& said) { return said; })
            .handle(sizes,
                    [](stream_reader<blob>& from, call_context) -> awaitable<number> {
                        number all;
                        for (;;) {
                            auto next = co_await from.async_read(use_awaitable);
                            if (!next || !*next) {
                                break;
                            }
                            all.value += (**next)->bytes.size();
                        }
                        co_return all;
                    })
            .start()
            .value();
    auto const client = a_client(server).checked_frames().connect().value();
    std::string const large(300'000, 'x');
    for (std::string const& each : {std::string(), std::string("small"), large}) {
        EXPECT_EQ(client.call(echo, {each}).value()->value, each);
    }
    auto call = client.open(sizes);
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(call.to.write({pattern(part_size)}));
    }
    call.to.finish();
    EXPECT_EQ(call.answer.get().value()->value, 100 * part_size);
}

TEST_P(extension_over, checked_frames_are_not_gone_without) {
    auto const server = a_server()
                            .extension(false)
                            .handle(echo, [](text const& said) { return said; })
                            .start()
                            .value();
    EXPECT_EQ(a_client(server).checked_frames().connect().error(), rpc::rpc_error::not_checked);
    EXPECT_TRUE(a_client(server).connect().value().call(echo, {"x"}).has_value());
}

TEST_P(extension_over, reaches_the_handler_where_both_agree) {
    for (bool const client_asks : {true, false}) {
        for (bool const server_agrees : {true, false}) {
            seen<bool> with_deadline;
            auto const server = a_server()
                                    .extension(server_agrees)
                                    .handle(echo,
                                            [&](text const& said, call_context context) {
                                                with_deadline.add(context.deadline.has_value());
                                                return said;
                                            })
                                    .start()
                                    .value();
            auto const client = a_client(server).extension(client_asks).connect().value();
            EXPECT_EQ(client.call(echo, {"x"}, {.timeout = patience}).value()->value, "x");
            EXPECT_EQ(with_deadline.wait_for(1).at(0), client_asks && server_agrees)
                << client_asks << server_agrees;
        }
    }
}

// Says whether it was stopped, and when it was to be.
struct watched_handler {
    std::optional<std::stop_token> stop;
    std::optional<std::chrono::steady_clock::time_point> deadline;

    auto handler() {
        return [this](received<text>, call_context context) -> awaitable<text> {
            stop = context.stop;
            deadline = context.deadline;
            co_await wait_for(24h);
            co_return text{"late"};
        };
    }
};

TEST_F(extended_peers, DDL_06_DDL_07_the_time_that_is_left_reaches_the_handler) {
    watched_handler watched;
    auto const server = a_server().handle(echo, watched.handler()).start().value();
    auto const client = a_client().connect().value();
    auto const begun = loop_.now();
    EXPECT_EQ(client.call(echo, {"x"}, {.timeout = 3s}).error().error, call_error::deadline_passed);
    EXPECT_EQ(loop_.now() - begun, 3s);
    loop_.run_until_idle();
    EXPECT_EQ(watched.deadline, begun + 3s);
    EXPECT_TRUE(watched.stop->stop_requested());
    EXPECT_LT(loop_.now() - begun, 4s);
}

TEST_F(extended_peers, the_sooner_of_both_deadlines_counts) {
    watched_handler watched;
    auto const server =
        a_server().handle(echo, watched.handler()).request_timeout(1s).start().value();
    auto const client = a_client().connect().value();
    auto const begun = loop_.now();
    EXPECT_EQ(client.call(echo, {"x"}, {.timeout = 3s}).error().error, call_error::system_failure);
    EXPECT_EQ(loop_.now() - begun, 1s);
    EXPECT_EQ(watched.deadline, begun + 1s);
}

TEST_F(extended_peers, CAN_02_giving_up_a_call_stops_its_handler) {
    watched_handler watched;
    auto const server = a_server().handle(echo, watched.handler()).start().value();
    auto const client = a_client().connect().value();
    boost::asio::cancellation_signal give_up;
    std::optional<call_result<received<text>>> ended;
    client.async_call(echo, {"x"},
                      boost::asio::bind_cancellation_slot(
                          give_up.slot(), [&](auto answer) { ended = std::move(answer); }));
    loop_.run_for(1s);
    ASSERT_TRUE(watched.stop);
    EXPECT_FALSE(watched.stop->stop_requested());
    give_up.emit(boost::asio::cancellation_type::terminal);
    loop_.run_for(1s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->error().error, call_error::cancelled);
    EXPECT_TRUE(watched.stop->stop_requested());
}

/// Runs for an hour, whoever gives up its call.
awaitable<text> never_minds(received<text> said, call_context) {
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    co_await wait_for(1h);
    co_return text{said->value};
}

TEST_F(extended_peers, CAN_02_handlers_that_do_not_stop_are_few) {
    constexpr std::size_t most = 3;
    auto const server = a_server().handle(echo, never_minds).running_handlers(most).start().value();
    auto const client = a_client().connect().value();
    call_failure const busy{call_error::system_failure, "the server is busy"};
    for (std::size_t call = 0; call < most; ++call) {
        EXPECT_EQ(client.call(echo, {"x"}, {.timeout = 1s}).error().error,
                  call_error::deadline_passed);
    }
    EXPECT_EQ(client.call(echo, {"x"}, {.timeout = 1s}).error(), busy);
    loop_.run_for(2h);
    EXPECT_EQ(client.call(echo, {"x"}, {.timeout = 2h}).value()->value, "x");
}

TEST_F(extended_peers, handlers_that_run_on_after_the_request_timeout_are_few) {
    auto const server = a_server()
                            .handle(echo, never_minds)
                            .request_timeout(1s)
                            .running_handlers(1)
                            .start()
                            .value();
    auto const client = a_client().extension(false).connect().value();
    EXPECT_EQ(client.call(echo, {"x"}).error().message, "the handler took too long");
    EXPECT_EQ(client.call(echo, {"x"}).error().message, "the server is busy");
    loop_.run_for(2h);
    EXPECT_EQ(client.call(echo, {"x"}).error().message, "the handler took too long");
}

TEST_F(extended_peers, streams_whose_handlers_do_not_stop_are_few) {
    int begun = 0;
    auto const server =
        a_server()
            .handle(blobs,
                    [&](received<number>, stream_writer<blob>&, call_context) -> awaitable<void> {
                        ++begun;
                        co_await boost::asio::this_coro::reset_cancellation_state(
                            boost::asio::disable_cancellation());
                        co_await wait_for(1h);
                    })
            .running_handlers(2)
            .start()
            .value();
    auto const client = a_client().connect().value();
    for (int call = 0; call < 2; ++call) {
        auto given_up = std::optional(client.open(blobs, {1}));
        loop_.run_for(1s);
        given_up.reset();
        loop_.run_for(1s);
    }
    EXPECT_EQ(client.open(blobs, {1}).read().error(),
              (call_failure{call_error::system_failure, "the server is busy"}));
    EXPECT_EQ(begun, 2);
}

TEST_F(extended_peers, a_server_that_does_not_agree_is_called_as_ever) {
    watched_handler watched;
    auto const server = a_server().extension(false).handle(echo, watched.handler()).start().value();
    auto const client = a_client().connect().value();
    EXPECT_EQ(client.call(echo, {"x"}, {.timeout = 3s}).error().error, call_error::deadline_passed);
    loop_.run_for(1s);
    EXPECT_FALSE(watched.deadline);
    EXPECT_FALSE(watched.stop->stop_requested());
}

TEST_F(extended_peers, a_server_that_is_gone_before_it_has_agreed_fails_the_connect) {
    std::optional<rpc_server> server = a_server().start().value();
    std::optional<error_code> failed;
    a_client().async_connect([&](result<rpc_client> made) { failed = made.error(); });
    server.reset();
    loop_.run_for(20s);
    ASSERT_TRUE(failed);
    EXPECT_TRUE(*failed);
}

TEST_F(extended_peers, REC_06_a_server_that_stops_finishes_what_was_begun_and_refuses_what_comes) {
    auto server = a_server()
                      .handle(echo,
                              [](received<text> said, call_context) -> awaitable<text> {
                                  co_await wait_for(2s);
                                  co_return text{said->value};
                              })
                      .start()
                      .value();
    auto const client = a_client().connect().value();
    std::optional<call_result<received<text>>> first;
    std::optional<call_result<received<text>>> second;
    client.async_call(echo, {"begun"}, [&](auto answer) { first = std::move(answer); });
    loop_.run_for(1s);
    bool stopped = false;
    server.async_stop([&] { stopped = true; });
    loop_.run_for(100ms);
    client.async_call(echo, {"too late"}, [&](auto answer) { second = std::move(answer); });
    loop_.run_for(10s);
    ASSERT_TRUE(first && second);
    EXPECT_EQ((*first).value()->value, "begun");
    EXPECT_EQ(second->error().error, rpc::rpc_error::peer_going_away);
    EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace trunkline
