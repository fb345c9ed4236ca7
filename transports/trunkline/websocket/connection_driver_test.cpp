// Drivers over WebSocket connections on simulated pipes: the common rules, and what only a
// transport with control frames can show.
#include <trunkline/websocket/connection.hpp>

#include <trunkline/transport/driver_rules.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/test_far_caller.hpp>
#include <trunkline/transport/test_holding_stream.hpp>
#include <trunkline/websocket/test_frames.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace trunkline::transport::testing {
namespace {

/// A connection that keeps its context.
class keeping_connection final : public connection {
public:
    keeping_connection(std::shared_ptr<websocket::context> shared, websocket::role side,
                       std::unique_ptr<byte_stream> link)
        : shared_(std::move(shared)), inner_(*shared_, side, std::move(link)) {}

    capabilities abilities() const noexcept override { return inner_.abilities(); }
    read_result read(mutable_bytes buffer, std::span<in_piece> out) override {
        return inner_.read(buffer, out);
    }
    io_result write(std::span<out_segment const> segments) override {
        return inner_.write(segments);
    }
    void probe() override { inner_.probe(); }
    void shutdown_write() override { inner_.shutdown_write(); }
    void close(close_code code, std::string_view reason) override { inner_.close(code, reason); }
    std::optional<close_reason> farewell() const override { return inner_.farewell(); }
    void abort() override { inner_.abort(); }
    bool wants_write() const noexcept override { return inner_.wants_write(); }
    void watch(readiness_sink* sink, bool read_interest, bool write_interest) override {
        inner_.watch(sink, read_interest, write_interest);
    }
    void acknowledge_now() override { inner_.acknowledge_now(); }
    void hold_back(bool on) override { inner_.hold_back(on); }
    std::string peer() const override { return inner_.peer(); }
    std::optional<peer_credentials> credentials() const override { return inner_.credentials(); }
    std::optional<peer_certificate> certificate() const override { return inner_.certificate(); }
    std::unique_ptr<byte_stream> fold() override { return inner_.fold(); }

private:
    std::shared_ptr<websocket::context> shared_;
    websocket::connection inner_;
};

link_kind websocket_kind(delivery_shape shape) {
    return {.name = std::string("websocket_") + name_of(shape),
            .make =
                [shape](simulated_runtime& loop) {
                    auto pipe = make_simulated_pipe(
                        loop, {.shape = shape, .latency = std::chrono::milliseconds(2)});
                    auto const shared = std::make_shared<websocket::context>(loop);
                    return std::pair<std::unique_ptr<connection>, std::unique_ptr<connection>>(
                        std::make_unique<keeping_connection>(shared, websocket::role::client,
                                                             std::move(pipe.first)),
                        std::make_unique<keeping_connection>(shared, websocket::role::server,
                                                             std::move(pipe.second)));
                },
            .size_max = shape == delivery_shape::one_byte       ? 2'000U
                        : shape == delivery_shape::short_writes ? 5'000U
                                                                : 150'000U};
}

std::vector<link_kind> websocket_kinds() {
    std::vector<link_kind> kinds;
    for (delivery_shape const shape : all_delivery_shapes) {
        kinds.push_back(websocket_kind(shape));
    }
    return kinds;
}

INSTANTIATE_TEST_SUITE_P(websocket, driver_rules, ::testing::ValuesIn(websocket_kinds()),
                         [](auto const& kind) { return kind.param.name; });

/// A driver on a WebSocket server's connection; its client is only bytes.
struct served_by_driver : ::testing::Test {
    void open(pipe_options const& options = {}) {
        pipe = make_simulated_pipe(loop, options);
        near.start(std::make_unique<websocket::connection>(shared, websocket::role::server,
                                                           std::move(pipe.second)));
        loop.run_until_idle();
    }

    void far_write(std::string_view bytes) {
        bytes_view const piece = as_bytes(bytes);
        EXPECT_EQ(pipe.first->write({&piece, 1}).size, bytes.size());
    }

    // Calls of the far side as they travel.
    std::string calls(int count, std::uint64_t method_id, std::string_view arguments) {
        std::string bytes;
        for (std::string const& each : far.frames(count, method_id, arguments)) {
            bytes +=
                websocket::testing::frame(websocket::role::client, websocket::opcode::binary, each);
        }
        return bytes;
    }

    // One read of at most `size` bytes.
    io_status far_read(std::size_t size = 100'000) {
        std::vector<std::byte> buffer(size);
        auto const got = pipe.first->read(buffer);
        heard.feed(as_text(bytes_view(buffer).first(got.size)));
        return got.status;
    }

    void far_read_all() {
        while (far_read() == io_status::ok) {
            loop.run_until_idle();
        }
    }

    simulated_runtime loop;
    websocket::context shared{loop};
    simulated_pipe pipe;
    peer near{loop, rpc::side::acceptor};
    far_caller far;
    websocket::testing::transcript heard{websocket::role::client};
};

// As one through TLS has it.
TEST_F(served_by_driver, what_waits_in_the_stream_below_is_output) {
    for (bool const deaf : {true, false}) {
        pipe = make_simulated_pipe(loop, {.capacity = 1000});
        peer one(loop, rpc::side::acceptor);
        one.settings.keep_alive_probes = false;
        one.start(std::make_unique<websocket::connection>(
            shared, websocket::role::server,
            std::make_unique<holding_stream>(std::move(pipe.second), 64 * kib)));
        loop.run_until_idle();
        far_write(calls(1, big, "60000"));
        loop.run_until_idle();
        EXPECT_TRUE(one.link().peer().protocol().output().empty());
        EXPECT_FALSE(one.link().fold().has_value());
        for (int second = 0; second < 70; ++second) {
            loop.run_for(std::chrono::seconds(1));
            static_cast<void>(deaf ? io_status::ok : far_read(1000));
        }
        EXPECT_EQ(one.over(), deaf);
        std::size_t size = 0;
        for (std::string const& each : heard.lines()) {
            size += each.size();
        }
        EXPECT_EQ(size > 60'000, !deaf) << size;
        EXPECT_TRUE(!deaf || one.cause == transport_error::write_stalled);
    }
}

TEST_F(served_by_driver, the_last_answer_and_the_close_arrive_together) {
    open();
    far_write(calls(1, echo, "last"));
    near.link().drain(close_code::going_away, "");
    io_status status = io_status::would_block;
    for (int looks = 0; looks < 1000 && status == io_status::would_block; ++looks) {
        loop.run_for(std::chrono::milliseconds(1));
        status = far_read();
    }
    EXPECT_EQ(status, io_status::ok);
    ASSERT_GE(heard.lines().size(), 2U);
    EXPECT_TRUE(heard.lines().front().starts_with("binary "));
    EXPECT_EQ(heard.lines().back(), "close 1001 ");
    EXPECT_EQ(far_read(), io_status::end);
}

// A pong that had to wait for the link is no reason to give up an answer that waits much later.
TEST_F(served_by_driver, time_without_output_is_no_stall) {
    open({.capacity = 200});
    std::string const ping = websocket::testing::frame(
        websocket::role::client, websocket::opcode::ping, std::string(97, 'p'));
    auto const ask = [&](std::string const& bytes) {
        far_write(bytes);
        loop.run_until_idle();
    };
    std::string const pong =
        websocket::testing::frame(websocket::role::client, websocket::opcode::pong, "");
    ask(ping);
    ask(ping);
    ask(ping);  // two pongs of 99 bytes fill the link
    loop.run_for(std::chrono::seconds(1));
    far_read_all();
    EXPECT_EQ(heard.lines().size(), 3U);
    for (int times = 0; times < 20; ++times) {
        loop.run_for(std::chrono::seconds(4));
        ask(pong);
    }
    ask(ping);
    ask(ping);
    ask(calls(1, big, "1000"));
    for (int times = 0; times < 29; ++times) {
        loop.run_for(std::chrono::seconds(1));
        ask(pong);
        ASSERT_FALSE(near.over()) << times;
    }
    loop.run_for(std::chrono::seconds(2));
    EXPECT_EQ(near.cause, transport_error::write_stalled);
}

TEST_F(served_by_driver, a_close_of_the_peer_ends_a_drain_in_order) {
    open({.capacity = 1000});
    far_write(calls(1, big, "20000"));
    near.link().drain(close_code::going_away, "");
    loop.run_until_idle();
    EXPECT_FALSE(near.over());
    far_write(websocket::testing::frame(websocket::role::client, websocket::opcode::close,
                                        websocket::testing::close_payload(1000)));
    loop.run_for(std::chrono::seconds(5));
    EXPECT_EQ(near.states, (states{connection_state::connected, connection_state::disconnecting,
                                   connection_state::disconnected}));
    EXPECT_EQ(near.cause, transport_error::closed_by_peer);
}

}  // namespace
}  // namespace trunkline::transport::testing
