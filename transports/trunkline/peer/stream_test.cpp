// Streams of every kind, in both directions, over every transport.
#include <trunkline/peer/stream.hpp>

#include <trunkline/peer/test_streams.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <memory>
#include <thread>

namespace trunkline {
namespace {

using namespace testing;

class streams : public over_transports {};
INSTANTIATE_TEST_SUITE_P(over, streams, ::testing::ValuesIn(every_transport),
                         [](auto const& each) { return each.param; });

TEST_P(streams, a_server_stream_gives_every_part_in_order) {
    auto const server = a_server().handle(count_to, counts).start().value();
    auto const client = a_client(server).connect().value();
    for (std::uint64_t const last : {0, 1, 10'000}) {
        auto from = client.open(count_to, {last});
        EXPECT_EQ(read_all(from).value(), one_to(last));
    }
}

TEST_P(streams, a_client_stream_gets_one_answer) {
    auto const server = a_server().handle(sum, adds).start().value();
    auto const client = a_client(server).connect().value();
    auto call = client.open(sum);
    for (std::uint64_t i = 1; i <= 1000; ++i) {
        ASSERT_TRUE(call.to.write({i}));
    }
    call.to.finish();
    EXPECT_EQ(call.answer.get().value()->value, 500'500u);
}

TEST_P(streams, both_sides_talk_in_turn) {
    auto const server = a_server().handle(doubled, doubles).start().value();
    auto const client = a_client(server).connect().value();
    auto call = client.open(doubled);
    for (std::uint64_t i = 0; i < 200; ++i) {
        ASSERT_TRUE(call.to.write({i}));
        auto const back = call.from.read();
        ASSERT_EQ((**back)->value, 2 * i);
    }
    call.to.finish();
    EXPECT_FALSE(call.from.read().value());
    EXPECT_FALSE(call.from.read().value()) << "the end can be read again";
}

TEST_P(streams, messages_of_any_size_keep_their_borders) {
    auto const server = a_server().handle(mirrored, mirrors).start().value();
    auto const client = a_client(server).connect().value();
    auto call = client.open(mirrored);
    for (std::size_t const size : {std::size_t{0}, std::size_t{1}, 64 * kib - 5, 64 * kib - 4,
                                   64 * kib, 300'000ul, 10 * mib}) {
        ASSERT_TRUE(call.to.write({pattern(size)}));
        auto const back = call.from.read();
        ASSERT_TRUE(back && *back) << size;
        EXPECT_TRUE((**back)->bytes == pattern(size)) << size;
    }
}

TEST_P(streams, a_request_may_be_larger_than_the_head_of_a_call) {
    constexpr typed::server_stream<blob, number> sizes{"sizes"};
    auto const server = a_server()
                            .handle(sizes,
                                    [](received<blob> request, stream_writer<number>& to,
                                       call_context) -> awaitable<void> {
                                        number const size{request->bytes.size()};
                                        co_await to.async_write(size, use_awaitable);
                                    })
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    for (std::size_t const size : {0ul, 1ul, 65'000ul, 65'535ul, 65'536ul, 1'000'000ul}) {
        auto from = client.open(sizes, {pattern(size)});
        EXPECT_EQ(read_all(from).value(), std::vector<std::uint64_t>{size});
    }
}

TEST_P(streams, a_request_may_be_nothing) {
    constexpr typed::server_stream<nothing, number> three{"three"};
    auto const server = a_server()
                            .handle(three,
                                    [](received<nothing>, stream_writer<number> to, call_context) {
                                        to.async_write({3}, [](call_result<void>) {});
                                        to.finish();
                                    })
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    auto from = client.open(three, {});
    EXPECT_EQ(read_all(from).value(), std::vector<std::uint64_t>{3});
}

TEST_P(streams, raw_bytes_come_back_in_whatever_pieces) {
    auto const server = a_server().handle(raw_echo, echoes_raw).start().value();
    auto const client = a_client(server).connect().value();
    auto call = client.open(raw_echo);
    auto const sent = pattern(1'000'000);
    std::thread writer([&] {
        for (std::size_t at = 0; at < sent.size(); at += 10'000) {
            EXPECT_TRUE(call.to.write(bytes_view(sent).subspan(at, 10'000)));
        }
        call.to.finish();
    });
    std::vector<std::byte> got;
    for (;;) {
        auto const next = call.from.read();
        ASSERT_TRUE(next);
        if (!*next) {
            break;
        }
        got.insert(got.end(), (*next)->begin(), (*next)->end());
    }
    writer.join();
    EXPECT_TRUE(got == sent);
}

TEST_P(streams, a_server_streams_with_its_clients) {
    std::promise<peer> promised;
    auto const server =
        a_server().on_connected([&](peer who) { promised.set_value(who); }).start().value();
    auto const client = a_client(server)
                            .handle(count_to, counts)
                            .handle(sum, adds)
                            .handle(doubled, doubles)
                            .connect()
                            .value();
    peer const who = promised.get_future().get();
    auto numbers = who.open(count_to, {100});
    EXPECT_EQ(read_all(numbers).value(), one_to(100));
    auto total = who.open(sum);
    ASSERT_TRUE(total.to.write({40}));
    ASSERT_TRUE(total.to.write({2}));
    total.to.finish();
    EXPECT_EQ(total.answer.get().value()->value, 42u);
    auto talk = who.open(doubled);
    ASSERT_TRUE(talk.to.write({4}));
    EXPECT_EQ((**talk.from.read())->value, 8u);
}

TEST_P(streams, many_run_at_once_on_one_connection) {
    auto const server =
        a_server().handle(doubled, doubles).handle(count_to, counts).start().value();
    auto const client = a_client(server).connect().value();
    std::vector<conversation<number, number>> talks;
    std::vector<stream_reader<number>> lists;
    for (std::uint64_t i = 0; i < 100; ++i) {
        talks.push_back(client.open(doubled));
        lists.push_back(client.open(count_to, {i}));
    }
    for (std::uint64_t round = 0; round < 10; ++round) {
        for (std::uint64_t i = 0; i < talks.size(); ++i) {
            ASSERT_TRUE(talks[i].to.write({i + round}));
        }
        for (std::uint64_t i = 0; i < talks.size(); ++i) {
            ASSERT_EQ((**talks[i].from.read())->value, 2 * (i + round));
        }
    }
    for (std::uint64_t i = 0; i < lists.size(); ++i) {
        ASSERT_EQ(read_all(lists[i]).value(), one_to(i));
    }
}

TEST_P(streams, coroutines_read_and_write_where_they_run) {
    auto const server = a_server().handle(doubled, doubles).start().value();
    auto const client = a_client(server).connect().value();
    boost::asio::io_context mine;
    auto call = client.open(doubled);
    auto const test_thread = std::this_thread::get_id();
    std::uint64_t total = 0;
    auto write = [&]() -> awaitable<void> {
        for (std::uint64_t i = 1; i <= 1000; ++i) {
            number const next{i};
            auto const written = co_await call.to.async_write(next, use_awaitable);
            EXPECT_TRUE(written);
            EXPECT_EQ(std::this_thread::get_id(), test_thread);
        }
        call.to.finish();
    };
    auto read = [&]() -> awaitable<void> {
        for (;;) {
            auto const next = co_await call.from.async_read(use_awaitable);
            if (!next || !*next) {
                co_return;
            }
            total += (**next)->value;
        }
    };
    boost::asio::co_spawn(mine, write(), boost::asio::detached);
    boost::asio::co_spawn(mine, read(), boost::asio::detached);
    mine.run();
    EXPECT_EQ(total, 1'001'000u);
}

TEST_P(streams, an_inline_handler_hands_both_halves_to_another_thread) {
    std::vector<std::thread> threads;
    auto server =
        a_server()
            .handle(
                doubled,
                [&](stream_reader<number> from, stream_writer<number> to, call_context) {
                    threads.emplace_back([from = std::move(from), to = std::move(to)]() mutable {
                        for (;;) {
                            auto const next = from.read();
                            if (!next || !*next) {
                                break;
                            }
                            static_cast<void>(to.write({3 * (**next)->value}));
                        }
                        to.finish();
                    });
                })
            .start()
            .value();
    auto const client = a_client(server).connect().value();
    auto call = client.open(doubled);
    ASSERT_TRUE(call.to.write({5}));
    EXPECT_EQ((**call.from.read())->value, 15u);
    call.to.finish();
    EXPECT_FALSE(call.from.read().value());
    server.stop();
    for (auto& each : threads) {
        each.join();
    }
}

TEST_P(streams, an_answer_may_be_given_long_after_the_handler) {
    std::promise<stream_reply<number>> kept;
    auto const server = a_server()
                            .handle(sum, [&](stream_reader<number>, stream_reply<number> to,
                                             call_context) { kept.set_value(std::move(to)); })
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    auto call = client.open(sum);
    auto later = call.answer.async_get(boost::asio::use_future);
    kept.get_future().get()({7});
    EXPECT_EQ(later.get().value()->value, 7u);
}

TEST_P(streams, blocking_handlers_read_and_write_on_the_pool) {
    auto const server =
        a_server()
            .handle(doubled, on_pool([](stream_reader<number>& from, stream_writer<number>& to,
                                        call_context const&) {
                        while (auto const next = from.read().value()) {
                            to.write({2 * (*next)->value}).value();
                        }
                    }))
            .handle(count_to, on_pool([](received<number> last, stream_writer<number>& to,
                                         call_context const&) -> call_result<void> {
                        for (std::uint64_t i = 1; i <= last->value; ++i) {
                            if (auto const written = to.write({i}); !written) {
                                return written;
                            }
                        }
                        return {};
                    }))
            .handle(sum, on_pool([](stream_reader<number>& from, call_context const&) {
                        number total;
                        while (auto const next = from.read().value()) {
                            total.value += (*next)->value;
                        }
                        return total;
                    }))
            .start()
            .value();
    auto const client = a_client(server).connect().value();
    auto talk = client.open(doubled);
    ASSERT_TRUE(talk.to.write({21}));
    EXPECT_EQ((**talk.from.read())->value, 42u);
    talk.to.finish();
    EXPECT_FALSE(talk.from.read().value());
    auto numbers = client.open(count_to, {500});
    EXPECT_EQ(read_all(numbers).value(), one_to(500));
    auto total = client.open(sum);
    ASSERT_TRUE(total.to.write({5}));
    ASSERT_TRUE(total.to.write({6}));
    total.to.finish();
    EXPECT_EQ(total.answer.get().value()->value, 11u);
}

TEST_P(streams, callbacks_read_a_whole_stream) {
    auto const server = a_server().handle(count_to, counts).start().value();
    auto const client = a_client(server).connect().value();
    auto from = client.open(count_to, {5000});
    seen<std::uint64_t> got;
    std::promise<void> ended;
    std::function<void(stream_reader<number>::outcome)> on_part = [&](auto next) {
        if (!next || !*next) {
            ended.set_value();
            return;
        }
        got.add((**next)->value);
        from.async_read(on_part);
    };
    from.async_read(on_part);
    ended.get_future().get();
    EXPECT_EQ(got.wait_for(5000), one_to(5000));
}

}  // namespace
}  // namespace trunkline
