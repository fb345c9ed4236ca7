// Writers wait for room, readers hold up their peer: nothing is dropped, and nothing grows.
#include <trunkline/peer/stream.hpp>

#include <trunkline/peer/test_streams.hpp>
#include <trunkline/peer/wait.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <memory>
#include <optional>
#include <thread>

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;

/// What may be on its way between a writer and a reader that does not read: marks of both sides, a
/// part beyond each, and the pipe.
constexpr std::size_t unread_max =
    stream_output_size_mark + stream_input_size_mark + 8 * chunk_size + 1 * mib;

class stream_flow : public ::testing::Test {
protected:
    [[nodiscard]] rpc_server::builder a_server() {
        rpc_server::builder made;
        made.listen("memory:here").over(names_).run_on(loop_);
        return made;
    }
    [[nodiscard]] rpc_client::builder a_client() {
        rpc_client::builder made("memory:here");
        made.over(names_).run_on(loop_);
        return made;
    }

    // Writes `count` parts and says how many have gone.
    awaitable<void> write_blobs(stream_writer<blob>& to, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            blob part{pattern(part_size)};
            auto const written = co_await to.async_write(std::move(part), use_awaitable);
            if (!written) {
                co_return;
            }
            ++written_;
        }
        to.finish();
    }

    memory::hub names_;
    transport::simulated_runtime loop_;
    std::size_t written_ = 0;
    stream_writer<blob> mirror_writer_;
};

TEST_F(stream_flow, a_server_waits_for_a_client_that_does_not_read) {
    auto const server = a_server()
                            .handle(blobs,
                                    [this](received<number> count, stream_writer<blob>& to,
                                           call_context) -> awaitable<void> {
                                        return write_blobs(to, count->value);
                                    })
                            .start()
                            .value();
    auto const client = a_client().connect().value();
    auto from = client.open(blobs, {2000});
    loop_.run_for(1s);
    EXPECT_LT(written_ * part_size, unread_max);
    EXPECT_GT(written_ * part_size, stream_input_size_mark);
    std::size_t const before = written_;
    loop_.run_for(20s);
    EXPECT_EQ(written_, before) << "it has come to rest";
    std::size_t read = 0;
    while (from.read().value()) {
        ++read;
        ASSERT_LT(written_ * part_size, read * part_size + unread_max);
    }
    EXPECT_EQ(read, 2000u);
}

TEST_F(stream_flow, a_client_waits_for_a_server_that_does_not_read) {
    std::optional<stream_reader<blob>> reader;
    std::optional<stream_reply<number>> reply;
    auto const server =
        a_server()
            .handle(sizes,
                    [&](stream_reader<blob> from, stream_reply<number> to, call_context) {
                        reader = std::move(from);
                        reply = std::move(to);
                    })
            .start()
            .value();
    auto const client = a_client().connect().value();
    auto call = client.open(sizes);
    boost::asio::co_spawn(loop_.executor(), write_blobs(call.to, 2000), boost::asio::detached);
    loop_.run_for(1s);
    EXPECT_LT(written_ * part_size, unread_max);
    std::uint64_t total = 0;
    while (auto const next = reader->read().value()) {
        total += (*next)->bytes.size();
    }
    (*reply)({total});
    EXPECT_EQ(call.answer.get().value()->value, 2000 * part_size);
}

TEST_F(stream_flow, other_calls_go_on_beside_a_reader_that_is_a_little_behind) {
    auto const server = a_server()
                            .handle(blobs,
                                    [this](received<number> count, stream_writer<blob>& to,
                                           call_context) -> awaitable<void> {
                                        return write_blobs(to, count->value);
                                    })
                            .handle(add_one, [](number const& n) { return number{n.value + 1}; })
                            .start()
                            .value();
    auto const client = a_client().connect().value();
    auto from = client.open(blobs, {50});
    loop_.run_for(1s);
    EXPECT_EQ(client.call(add_one, {1}).value()->value, 2u);
    std::size_t read = 0;
    while (from.read().value()) {
        ++read;
    }
    EXPECT_EQ(read, 50u);
}

TEST_F(stream_flow, a_reader_that_gives_up_sets_its_connection_free) {
    auto const server = a_server()
                            .handle(blobs,
                                    [this](received<number> count, stream_writer<blob>& to,
                                           call_context) -> awaitable<void> {
                                        return write_blobs(to, count->value);
                                    })
                            .handle(add_one, [](number const& n) { return number{n.value + 1}; })
                            .start()
                            .value();
    auto const client = a_client().connect().value();
    auto from = client.open(blobs, {2000});
    loop_.run_for(1s);
    from = {};
    EXPECT_EQ(client.call(add_one, {1}).value()->value, 2u);
    EXPECT_LT(written_, 2000u);
}

TEST_F(stream_flow, an_answer_sets_free_what_nobody_has_read) {
    std::optional<stream_reader<blob>> reader;
    std::optional<stream_reply<number>> reply;
    auto const server =
        a_server()
            .handle(sizes,
                    [&](stream_reader<blob> from, stream_reply<number> to, call_context) {
                        reader = std::move(from);
                        reply = std::move(to);
                    })
            .handle(add_one, [](number const& n) { return number{n.value + 1}; })
            .start()
            .value();
    auto const client = a_client().connect().value();
    auto call = client.open(sizes);
    boost::asio::co_spawn(loop_.executor(), write_blobs(call.to, 2000), boost::asio::detached);
    loop_.run_for(1s);
    EXPECT_LT(written_, 2000u);
    (*reply)({7});
    EXPECT_EQ(call.answer.get().value()->value, 7u);
    EXPECT_EQ(client.call(add_one, {1}).value()->value, 2u);
    EXPECT_EQ(reader->read().error().error, call_error::stream_ended);
}

TEST_F(stream_flow, a_write_that_is_given_up_does_not_keep_the_next_from_waiting) {
    auto const server = a_server()
                            .handle(sizes,
                                    [](stream_reader<blob>& from,
                                       call_context context) -> awaitable<call_result<number>> {
                                        co_await wait_for(10s);
                                        auto running = sizes_up(from, std::move(context));
                                        auto const total = co_await std::move(running);
                                        co_return total;
                                    })
                            .start()
                            .value();
    auto const client = a_client().connect().value();
    auto first = client.open(sizes);
    auto second = client.open(sizes);
    boost::asio::co_spawn(loop_.executor(), write_blobs(first.to, 500), boost::asio::detached);
    loop_.run_for(1s);
    std::optional<error_code> given_up;
    boost::asio::cancellation_signal stop;
    second.to.async_write({pattern(part_size)}, boost::asio::bind_cancellation_slot(
                                                    stop.slot(), [&](call_result<void> outcome) {
                                                        given_up = outcome.error().error;
                                                    }));
    loop_.run_for(1s);
    stop.emit(boost::asio::cancellation_type::terminal);
    loop_.run_for(1s);
    EXPECT_EQ(given_up, make_error_code(call_error::cancelled));
    loop_.run_for(20s);  // everybody reads now
    boost::asio::co_spawn(loop_.executor(), write_blobs(second.to, 500), boost::asio::detached);
    EXPECT_EQ(first.answer.get().value()->value, 500 * part_size);
    EXPECT_EQ(second.answer.get().value()->value, 500 * part_size);
}

TEST_F(stream_flow, a_timeout_does_not_take_what_has_come_before_it) {
    auto const server = a_server().handle(count_to, counts).handle(sum, adds).start().value();
    auto const client = a_client().connect().value();
    auto from = client.open(count_to, {3}, {.timeout = 10s});
    auto total = client.open(sum, {.timeout = 10s});
    ASSERT_TRUE(total.to.write({4}));
    total.to.finish();
    loop_.run_for(1min);
    EXPECT_EQ(read_all(from).value(), one_to(3));
    EXPECT_EQ(total.answer.get().value()->value, 4u);
}

TEST_F(stream_flow, a_server_that_stops_lets_streams_go_on_until_its_drain_timeout) {
    auto const slowly = [](received<number> last, stream_writer<number>& to,
                           call_context) -> awaitable<void> {
        for (std::uint64_t i = 1; i <= last->value; ++i) {
            co_await wait_for(300ms);
            number const next{i};
            co_await to.async_write(next, use_awaitable);
        }
    };
    auto server = a_server().handle(count_to, slowly).drain_timeout(20s).start().value();
    auto const client = a_client().connect().value();
    auto from = client.open(count_to, {20});
    ASSERT_TRUE(from.read());
    bool stopped = false;
    server.async_stop([&] { stopped = true; });
    std::vector<std::uint64_t> got{1};
    while (auto const next = from.read().value()) {
        got.push_back((*next)->value);
    }
    EXPECT_EQ(got, one_to(20));
    loop_.run_for(1s);
    EXPECT_TRUE(stopped);
}

// The caller's wire stream has ended, so no cancel can come: only the end of the connection.
TEST_F(stream_flow, a_writer_that_waits_is_told_when_its_connection_has_gone) {
    bool ended = false;
    auto const server = a_server()
                            .handle(raw_echo,
                                    [&](stream_reader<typed::raw>&, stream_writer<typed::raw>& to,
                                        call_context) -> awaitable<void> {
                                        auto const large = pattern(200'000);
                                        for (;;) {
                                            auto const written =
                                                co_await to.async_write(large, use_awaitable);
                                            if (!written) {
                                                ended = true;
                                                co_return;
                                            }
                                        }
                                    })
                            .start()
                            .value();
    {
        auto const client = a_client().connect().value();
        auto call = client.open(raw_echo);
        call.to.finish();
        loop_.run_for(1s);
        EXPECT_FALSE(ended);
    }
    loop_.run_for(1s);
    EXPECT_TRUE(ended);
}

TEST_F(stream_flow, a_message_above_the_limit_is_not_begun) {
    auto const server = a_server().handle(mirrored, mirrors).start().value();
    auto const client = a_client().connect().value();
    auto call = client.open(mirrored);
    EXPECT_EQ(call.to.write({pattern(17 * mib)}).error().error, rpc::rpc_error::message_too_large);
    ASSERT_TRUE(call.to.write({pattern(10)}));
    EXPECT_EQ((**call.from.read())->bytes, pattern(10));
}

TEST_F(stream_flow, a_blocking_write_that_nobody_can_end_is_refused) {
    std::optional<stream_reader<blob>> kept;
    auto const server =
        a_server()
            .handle(sizes,
                    [&](stream_reader<blob> from, stream_reply<number> to, call_context) {
                        kept = std::move(from);
                        static_cast<void>(to);
                    })
            .handle(mirrored,
                    [&](stream_reader<blob> from, stream_writer<blob> to, call_context) {
                        kept = std::move(from);
                        mirror_writer_ = std::move(to);
                    })
            .start()
            .value();
    auto const client = a_client().connect().value();
    auto call = client.open(mirrored);
    call_result<void> outcome;
    for (int i = 0; i < 10 && outcome; ++i) {
        outcome = call.to.write({pattern(1 * mib)});
    }
    EXPECT_FALSE(outcome);
}

constexpr typed::server_stream<blob, number> of_blob{"of blob"};

TEST_F(stream_flow, requests_of_streams_count_among_what_their_connection_holds) {
    int begun = 0;
    auto const server =
        a_server()
            .handle(of_blob,
                    [&](received<blob>, stream_writer<number>&, call_context) -> awaitable<void> {
                        ++begun;
                        co_await wait_for(1h);
                    })
            .start()
            .value();
    auto const client = a_client().connect().value();
    std::vector<stream_reader<number>> open;
    for (int i = 0; i < 4; ++i) {
        open.push_back(client.open(of_blob, {pattern(7 * mib)}));
        loop_.run_for(1s);
    }
    EXPECT_LT(begun, 4);
    EXPECT_GT(begun, 0);
    EXPECT_EQ(open.back().read().error().error, call_error::system_failure);
    open.front().cancel();
    loop_.run_for(1s);
    auto again = client.open(of_blob, {pattern(7 * mib)});
    int const before = begun;
    loop_.run_for(1s);
    EXPECT_EQ(begun, before + 1);
}

TEST_F(stream_flow, a_cancel_reaches_a_writer_that_waits) {
    bool stopped = false;
    auto const server = a_server()
                            .handle(blobs,
                                    [&](received<number>, stream_writer<blob>& to,
                                        call_context context) -> awaitable<void> {
                                        co_await write_blobs(to, 2000);
                                        stopped = context.cancelled();
                                    })
                            .start()
                            .value();
    auto const client = a_client().connect().value();
    auto from = client.open(blobs, {2000});
    loop_.run_for(1s);
    EXPECT_FALSE(stopped);
    from.cancel();
    loop_.run_for(1s);
    EXPECT_TRUE(stopped);
}

TEST_F(stream_flow, streams_that_are_cancelled_leave_nothing_behind) {
    auto const server = a_server().handle(doubled, doubles).start().value();
    auto const client = a_client().connect().value();
    for (int i = 0; i < 10'000; ++i) {
        auto call = client.open(doubled);
        call.to.async_write({1}, [](call_result<void>) {});
        if (i % 3 == 0) {
            loop_.run_for(1ms);
        }
    }
    loop_.run_for(1s);
    auto call = client.open(doubled);
    ASSERT_TRUE(call.to.write({4}));
    EXPECT_EQ((**call.from.read())->value, 8u);
    call.to.finish();
    EXPECT_FALSE(call.from.read().value());
}

class stream_both_ways : public over_transports {};
INSTANTIATE_TEST_SUITE_P(over, stream_both_ways, ::testing::ValuesIn(every_transport),
                         [](auto const& each) { return each.param; });

// Each side writes as much as it can while it reads what the other one writes.
TEST_P(stream_both_ways, sides_that_write_16_mib_at_each_other_both_finish) {
    constexpr std::size_t each_size = 1 * mib;
    constexpr int count = 16;
    auto const server =
        a_server()
            .handle(mirrored, on_pool([&](stream_reader<blob>& from, stream_writer<blob>& to,
                                          call_context const&) {
                        std::thread writer([&] {
                            for (int i = 0; i < count; ++i) {
                                EXPECT_TRUE(to.write({pattern(each_size)}));
                            }
                        });
                        std::size_t got = 0;
                        while (auto const next = from.read().value()) {
                            got += (*next)->bytes.size();
                        }
                        writer.join();
                        EXPECT_EQ(got, count * each_size);
                    }))
            .start()
            .value();
    auto const client = a_client(server).connect().value();
    auto call = client.open(mirrored);
    std::thread writer([&] {
        for (int i = 0; i < count; ++i) {
            EXPECT_TRUE(call.to.write({pattern(each_size)}));
        }
        call.to.finish();
    });
    std::size_t got = 0;
    while (auto const next = call.from.read().value()) {
        got += (*next)->bytes.size();
    }
    writer.join();
    EXPECT_EQ(got, count * each_size);
}

}  // namespace
}  // namespace trunkline
