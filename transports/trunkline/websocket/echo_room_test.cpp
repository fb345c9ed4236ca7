#include <trunkline/websocket/echo_room.hpp>

#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/websocket/test_frames.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trunkline::websocket {
namespace {

using testing::close_payload;
using ::testing::ElementsAre;
using testing::frame;
using testing::transcript;
using transport::delivery_shape;
using transport::io_status;
using transport::pipe_end;
using namespace std::chrono_literals;

struct visitor {
    explicit visitor(transport::pipe_options const& options = {})
        : room(shared, connection_limits{}) {
        auto pipe = transport::make_simulated_pipe(loop, options);
        control = pipe.control;
        peer = std::move(pipe.second);
        room.add(std::make_unique<connection>(shared, role::server, std::move(pipe.first)));
    }

    /// Sends all of it, reading what comes back meanwhile.
    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            std::array const pieces{as_bytes(bytes)};
            bytes.remove_prefix(peer->write(pieces).size);
            hear();
        }
    }

    void hear() {
        loop.run_for(21ms);
        std::vector<std::byte> buffer(70'000);
        for (;;) {
            auto const got = peer->read(buffer);
            if (got.status != io_status::ok) {
                ended = got.status == io_status::end;
                return;
            }
            heard.feed(as_text(bytes_view(buffer).first(got.size)));
        }
    }

    bool server_closed() const { return control->counters(pipe_end::first).closed; }

    transport::simulated_runtime loop;
    context shared{loop};
    echo_room room;
    std::unique_ptr<transport::byte_stream> peer;
    std::shared_ptr<transport::pipe_control> control;
    transcript heard{role::client};
    bool ended = false;
};

TEST(echo_room, gives_back_whole_messages_of_both_kinds) {
    for (delivery_shape const shape : transport::all_delivery_shapes) {
        SCOPED_TRACE(transport::name_of(shape));
        visitor guest({.shape = shape, .capacity = 300});
        std::string const large(5000, 'l');
        guest.send(frame(role::client, opcode::text, "hello") +
                   frame(role::client, opcode::binary, "") +
                   frame(role::client, opcode::text, "in ", false) +
                   frame(role::client, opcode::ping, "ping") +
                   frame(role::client, opcode::continuation, "parts") +
                   frame(role::client, opcode::binary, large) +
                   frame(role::client, opcode::text, "", false) +
                   frame(role::client, opcode::continuation, ""));
        guest.send(frame(role::client, opcode::close, close_payload(1000)));
        for (int i = 0; i < 500 && !guest.ended; ++i) {
            guest.hear();
        }
        std::vector<std::string> told = guest.heard.lines();
        auto const pong = std::find(told.begin(), told.end(), "pong ping");
        ASSERT_NE(pong, told.end());
        told.erase(pong);  // its place depends on the reads
        EXPECT_THAT(told, ElementsAre("text hello", "binary ", "text in parts", "binary " + large,
                                      "text ", "close 1000 "));
        EXPECT_TRUE(guest.ended);
        EXPECT_EQ(guest.room.size(), 0U);
    }
}

TEST(echo_room, replies_of_one_read_leave_in_one_write) {
    visitor guest;
    std::string bytes;
    for (int i = 0; i < 100; ++i) {
        bytes += frame(role::client, opcode::binary, "message " + std::to_string(i));
    }
    guest.send(bytes);
    EXPECT_EQ(guest.heard.lines().size(), 100U);
    EXPECT_EQ(guest.control->counters(pipe_end::first).reads, 1U);
    EXPECT_EQ(guest.control->counters(pipe_end::first).writes, 1U);
}

TEST(echo_room, a_peer_that_does_not_read_is_not_read_from_and_closed_in_time) {
    visitor guest;
    std::string const bytes = frame(role::client, opcode::binary, std::string(60'000, 'x'));
    std::size_t taken = 0;
    for (int i = 0; i < 100; ++i) {
        std::array const pieces{as_bytes(bytes)};
        taken += guest.peer->write(pieces).size;  // cuts frames: only the amount counts
        guest.loop.run_for(1ms);
    }
    EXPECT_LT(taken, 6U * 64 * kib);
    guest.loop.run_for(29s);
    EXPECT_EQ(guest.room.size(), 1U);
    guest.loop.run_for(2s);
    EXPECT_EQ(guest.room.size(), 0U);
    EXPECT_TRUE(guest.server_closed());
}

TEST(echo_room, goes_on_when_a_slow_peer_reads_again) {
    visitor guest({.capacity = 1000});
    std::string const large(50'000, 'x');
    guest.send(frame(role::client, opcode::binary, large));
    guest.loop.run_for(20s);
    for (int i = 0; i < 200; ++i) {
        guest.hear();
    }
    EXPECT_THAT(guest.heard.lines(), ElementsAre("binary " + large));
    guest.send(frame(role::client, opcode::text, "again"));
    guest.hear();
    EXPECT_EQ(guest.heard.lines().back(), "text again");
}

TEST(echo_room, a_silent_peer_is_asked_and_then_closed) {
    visitor guest;
    guest.loop.run_for(4900ms);
    guest.hear();
    EXPECT_TRUE(guest.heard.lines().empty());
    guest.loop.run_for(400ms);
    guest.hear();
    EXPECT_THAT(guest.heard.lines(), ElementsAre("ping "));
    // An answer keeps it; none ends it.
    guest.send(frame(role::client, opcode::pong, ""));
    guest.loop.run_for(14s);
    EXPECT_EQ(guest.room.size(), 1U);
    guest.loop.run_for(1500ms);
    EXPECT_EQ(guest.room.size(), 0U);
    EXPECT_TRUE(guest.server_closed());
}

TEST(echo_room, says_goodbye) {
    visitor guest;
    guest.room.close();
    guest.hear();
    EXPECT_THAT(guest.heard.lines(), ElementsAre("close 1001 the server is stopping"));
    EXPECT_EQ(guest.room.size(), 1U);
    guest.loop.run_for(1300ms);
    EXPECT_EQ(guest.room.size(), 0U);
    visitor polite;
    polite.room.close();
    polite.send(frame(role::client, opcode::close, close_payload(1001)));
    polite.hear();
    EXPECT_TRUE(polite.ended);
    EXPECT_EQ(polite.room.size(), 0U);
}

TEST(echo_room, limits_messages) {
    transport::simulated_runtime loop;
    context_options options;
    options.limits.message_size_max = 1000;
    context shared(loop, options);
    echo_room room(shared, connection_limits{});
    auto pipe = transport::make_simulated_pipe(loop, {});
    room.add(std::make_unique<connection>(shared, role::server, std::move(pipe.first)));
    auto const bytes = frame(role::client, opcode::binary, std::string(600, 'x'), false) +
                       frame(role::client, opcode::continuation, std::string(600, 'x'));
    std::array const pieces{as_bytes(bytes)};
    EXPECT_EQ(pipe.second->write(pieces).size, bytes.size());
    loop.run_until_idle();
    EXPECT_EQ(room.size(), 0U);
    std::vector<std::byte> buffer(1000);
    auto const got = pipe.second->read(buffer);
    transcript heard(role::client);
    heard.feed(as_text(bytes_view(buffer).first(got.size)));
    EXPECT_THAT(heard.lines(), ElementsAre("close 1009 the message is above the limit"));
}

}  // namespace
}  // namespace trunkline::websocket
