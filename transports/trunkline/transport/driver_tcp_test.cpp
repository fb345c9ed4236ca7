// Drivers over real sockets: the same machine, the kernel's buffers, two threads.
#include <trunkline/transport/driver.hpp>

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/driver_testing.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/socket_connect.hpp>
#include <trunkline/transport/socket_stream.hpp>
#include <trunkline/transport/stream_connection.hpp>
#include <trunkline/transport/tcp_listen.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <thread>

namespace trunkline::transport::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct driver_tcp : ::testing::Test {
    void connect() {
        auto group = listen_tcp(socket_address::parse("127.0.0.1", 0).value(), 1);
        ASSERT_TRUE(group.has_value());
        listening = std::make_unique<socket_acceptor>(loop, std::move(group->front()));
        listening->start([this](std::unique_ptr<byte_stream> made) {
            acceptor.start(std::make_unique<stream_connection>(std::move(made)));
        });
        auto const attempt = connect_socket(loop, {listening->address()}, [this](auto made) {
            raw = static_cast<socket_stream*>(made->get());
            dialer.start(std::make_unique<stream_connection>(std::move(made.value())));
        });
        run_until([this] { return dialer.attached() && acceptor.attached(); });
    }

    void run_until(std::function<bool()> const& done) {
        auto const deadline = loop.now() + seconds(60);
        while (!done()) {
            ASSERT_LT(loop.now(), deadline) << "nothing happened for too long";
            auto const tick = loop.after(milliseconds(1), [this] { loop.stop(); });
            loop.run();
        }
    }

    asio_runtime loop;
    std::unique_ptr<socket_acceptor> listening;
    socket_stream* raw = nullptr;
    peer dialer{loop, rpc::side::dialer};
    peer acceptor{loop, rpc::side::acceptor};
};

TEST_F(driver_tcp, calls_of_every_size_are_answered_both_ways) {
    connect();
    for (std::size_t const size : {0UL, 1UL, 65'535UL, 65'536UL, 900'000UL}) {
        std::string const body(size, 'x');
        auto const& forth = dialer.call(echo, body);
        auto const& back = acceptor.call(echo, body);
        run_until([&] { return forth.times == 1 && back.times == 1; });
        EXPECT_TRUE(forth.body == body) << size;
        EXPECT_TRUE(back.body == body) << size;
    }
    EXPECT_EQ(acceptor.link().peer_name().substr(0, 10), "127.0.0.1:");
}

TEST_F(driver_tcp, a_thousand_calls_in_flight_are_answered) {
    connect();
    for (int number = 0; number < 1000; ++number) {
        dialer.call(echo, std::to_string(number));
    }
    run_until([&] { return dialer.outcomes.back()->times == 1; });
    for (std::size_t number = 0; number < 1000; ++number) {
        EXPECT_EQ(dialer.outcomes[number]->body, std::to_string(number));
    }
}

TEST_F(driver_tcp, a_close_arrives_behind_what_was_queued) {
    connect();
    for (int number = 0; number < 20; ++number) {
        dialer.call(echo, std::string(20'000, 'y'));
    }
    dialer.link().close(close_code::normal, "");
    run_until([&] { return dialer.over() && acceptor.over(); });
    EXPECT_EQ(acceptor.requests, 20);
    EXPECT_EQ(dialer.states.back(), connection_state::disconnected);
    EXPECT_EQ(acceptor.cause, transport_error::closed_by_peer);
}

TEST_F(driver_tcp, a_reset_is_an_error_and_fails_what_is_pending) {
    connect();
    dialer.call(echo, "");  // tells the acceptor the layout
    auto const& waiting = acceptor.call(later, "");
    run_until([&] { return dialer.kept.size() == 1; });
    raw->close(true);
    run_until([&] { return acceptor.over(); });
    EXPECT_EQ(acceptor.states.back(), connection_state::error);
    EXPECT_EQ(acceptor.cause, boost::asio::error::connection_reset);
    EXPECT_EQ(waiting.error, rpc::rpc_error::connection_lost);
}

TEST_F(driver_tcp, a_drain_answers_and_closes) {
    connect();
    auto const& waiting = dialer.call(later, "");
    run_until([&] { return acceptor.kept.size() == 1; });
    acceptor.link().drain(close_code::going_away, "");
    acceptor.answer_later_calls();
    run_until([&] { return dialer.over() && acceptor.over(); });
    EXPECT_EQ(waiting.body, "at last");
    EXPECT_EQ(acceptor.states.back(), connection_state::disconnected);
}

TEST_F(driver_tcp, a_peer_that_does_not_read_holds_no_more_than_the_mark) {
    connect();
    // 60 MB of answers; the kernel keeps a few, the driver its mark, the rest is not begun.
    raw->watch(nullptr, false, false);  // deaf from here on
    auto& session = dialer.link().peer().protocol();
    for (int number = 0; number < 3000; ++number) {
        dialer.call(big, "20000");
    }
    std::vector<out_segment> segments(1024);
    auto& output = session.output();
    while (!output.empty()) {
        std::vector<bytes_view> pieces;
        for (auto const& segment : std::span(segments).first(output.peek(segments))) {
            pieces.push_back(segment.bytes);
        }
        auto const sent = raw->write(pieces);
        ASSERT_EQ(sent.status, io_status::ok);
        output.consume(sent.size);
    }
    auto const until = loop.now() + milliseconds(300);
    run_until([&] { return loop.now() > until; });
    EXPECT_LE(acceptor.link().peer().protocol().output().size(), 1 * mib + 32 * kib);
    EXPECT_LT(acceptor.requests, 3000);
    EXPECT_FALSE(acceptor.over());
}

// A server's runtime in its own thread, several clients in theirs: nothing is shared but sockets.
TEST(driver_tcp_threads, work_beside_each_other) {
    static constexpr int clients = 3;
    static constexpr int calls = 200;
    asio_runtime server;
    auto group = listen_tcp(socket_address::parse("127.0.0.1", 0).value(), 1);
    ASSERT_TRUE(group.has_value());
    auto const address = group->front().address;
    auto listening = std::make_unique<socket_acceptor>(server, std::move(group->front()));
    std::vector<std::unique_ptr<peer>> served;
    listening->start([&](std::unique_ptr<byte_stream> made) {
        served.push_back(std::make_unique<peer>(server, rpc::side::acceptor));
        served.back()->start(std::make_unique<stream_connection>(std::move(made)));
    });
    std::jthread serving([&] { server.run(); });
    {
        std::vector<std::jthread> threads;
        for (int client = 0; client < clients; ++client) {
            threads.emplace_back([address] {
                asio_runtime loop;
                peer mine(loop, rpc::side::dialer);
                int answered = 0;
                mine.on_answer = [&] {
                    if (++answered == calls) {
                        loop.stop();
                    } else {
                        mine.call(echo, "again");
                    }
                };
                auto const attempt = connect_socket(loop, {address}, [&](auto made) {
                    mine.start(std::make_unique<stream_connection>(std::move(made.value())));
                    mine.call(echo, "first");
                });
                loop.run();
                EXPECT_EQ(answered, calls);
            });
        }
    }
    server.stop();
    serving.join();
    served.clear();
}

}  // namespace
}  // namespace trunkline::transport::testing
