// How connections end, by whom ever.
#include <trunkline/websocket/connection.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/websocket/test_connection_peers.hpp>
#include <trunkline/websocket/test_frames.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::websocket {
namespace {

using testing::close_payload;
using ::testing::ElementsAre;
using testing::frame;
using ::testing::IsEmpty;
using testing::raw_peer;
using testing::seeded;
using testing::transcript;
using transport::close_code;
using transport::io_status;
using transport::pipe_end;
using namespace std::chrono_literals;

TEST(connection, a_broken_protocol_gets_a_close_and_the_end_whatever_the_peer_does) {
    raw_peer server(role::server);
    server.send(frame(role::client, opcode::binary, "good") + "\xff\xff");
    EXPECT_THAT(server.ours->messages(), ElementsAre("good"));
    EXPECT_EQ(server.ours->end(), "error: a reserved bit is set");
    EXPECT_EQ(server.ours->error(), transport::transport_error::protocol_error);
    EXPECT_TRUE(server.hear());  // the Close and the end are there without waiting
    EXPECT_THAT(server.heard.lines(), ElementsAre("close 1002 a reserved bit is set"));
    EXPECT_EQ(server.shared.lingering().size(), 1U);
    // The peer goes on talking: discarded, and over within the time.
    for (int i = 0; i < 9; ++i) {
        std::array const pieces{as_bytes("more garbage")};
        EXPECT_EQ(server.peer->write(pieces).status, io_status::ok);
        server.loop.run_for(50ms);
        EXPECT_FALSE(server.pipe.control->counters(pipe_end::first).closed);
        EXPECT_EQ(server.pipe.control->in_flight(pipe_end::second), 0U);
    }
    server.loop.run_for(100ms);
    EXPECT_TRUE(server.pipe.control->counters(pipe_end::first).closed);
    EXPECT_EQ(server.shared.lingering().size(), 0U);
}

// Who has much to write says so again and again, between any two events of the loop.
TEST(connection, an_end_that_waits_is_told_to_who_watches_anew_all_the_while) {
    struct : transport::readiness_sink {
        void on_ready(bool readable, bool) override { told = told || readable; }
        bool told = false;
    } sink;
    raw_peer server(role::server);
    auto& link = server.ours->link();
    link.watch(nullptr, false, false);
    server.send(frame(role::client, opcode::binary, "good") + "\xff\xff");
    std::array<std::byte, 100> buffer;
    std::array<transport::in_piece, 4> pieces;
    EXPECT_EQ(link.read(buffer, pieces).pieces, 1U);
    int turns = 0;
    std::function<void()> const watch_again = [&] {
        if (++turns < 100 && !sink.told) {
            server.loop.post(watch_again);
        }
        link.watch(&sink, true, turns % 2 == 0);
    };
    watch_again();
    server.loop.run_until_idle();
    EXPECT_TRUE(sink.told);
    EXPECT_LT(turns, 10);
    EXPECT_EQ(link.read(buffer, pieces).error, transport::transport_error::protocol_error);
}

TEST(connection, a_peer_that_does_not_read_our_close_is_dropped_in_time) {
    raw_peer server(role::server, {}, {}, {.capacity = 10});
    server.ours->send(std::string(1000, 'x'));  // stuck in the link
    server.send("\xff\xff");
    EXPECT_EQ(server.ours->end(), "error: a reserved bit is set");
    server.loop.run_for(linger_timeout + 1ms);
    EXPECT_TRUE(server.pipe.control->counters(pipe_end::first).closed);
    EXPECT_EQ(server.shared.lingering().size(), 0U);
}

TEST(connection, answers_a_close_and_ends) {
    raw_peer server(role::server);
    server.ours->send("before");
    server.send(frame(role::client, opcode::binary, "last") +
                frame(role::client, opcode::close, close_payload(3000, "bye")) + "garbage");
    EXPECT_THAT(server.ours->messages(), ElementsAre("last"));
    EXPECT_EQ(server.ours->end(), "close 3000 bye");
    EXPECT_TRUE(server.hear());
    EXPECT_THAT(server.heard.lines(), ElementsAre("binary before", "close 3000 "));
    server.peer->close(false);
    server.loop.run_until_idle();
    EXPECT_EQ(server.shared.lingering().size(), 0U);
}

TEST(connection, a_client_answers_a_close_and_waits_for_the_server_s_end) {
    raw_peer client(role::client);
    client.send(frame(role::server, opcode::close, close_payload(1001)));
    EXPECT_EQ(client.ours->end(), "close 1001 ");
    EXPECT_FALSE(client.hear());
    EXPECT_THAT(client.heard.lines(), ElementsAre("close 1001 "));
    EXPECT_FALSE(client.pipe.control->counters(pipe_end::first).closed);
    client.peer->shutdown_write();
    client.loop.run_until_idle();
    EXPECT_TRUE(client.pipe.control->counters(pipe_end::first).closed);
}

TEST(connection, a_bare_end_is_an_end) {
    for (std::string_view const before : {"", "\x82", "\x82\x85"}) {
        raw_peer server(role::server);
        server.send(frame(role::client, opcode::binary, "whole") + std::string(before));
        server.peer->shutdown_write();
        server.loop.run_until_idle();
        EXPECT_THAT(server.ours->messages(), ElementsAre("whole"));
        EXPECT_EQ(server.ours->end(), "end");
        EXPECT_TRUE(server.pipe.control->counters(pipe_end::first).closed);
    }
}

TEST(connection, a_lost_link_is_an_error) {
    raw_peer server(role::server);
    server.pipe.control->cut();
    server.loop.run_until_idle();
    EXPECT_EQ(server.ours->end(), "lost");
}

TEST(connection, our_normal_close_waits_for_the_answer) {
    raw_peer server(role::server);
    server.ours->close(close_code::normal, "done");
    server.send(frame(role::client, opcode::binary, "on its way"));
    EXPECT_FALSE(server.hear());
    EXPECT_THAT(server.heard.lines(), ElementsAre("close 1000 done"));
    EXPECT_THAT(server.ours->messages(), IsEmpty());  // discarded
    EXPECT_FALSE(server.ours->ended());
    out_segment const late{.bytes = as_bytes("late"), .frame_size = 4};
    auto const refused = server.ours->link().write({&late, 1});
    EXPECT_EQ(refused.status, io_status::error);
    EXPECT_EQ(refused.error, transport::transport_error::closed);
    server.send(frame(role::client, opcode::close, close_payload(1000)));
    EXPECT_EQ(server.ours->end(), "close 1000 ");
    EXPECT_TRUE(server.hear());
}

TEST(connection, any_other_close_of_a_server_brings_the_end_with_it) {
    for (close_code const code : {close_code::going_away, close_code::message_too_big}) {
        raw_peer server(role::server);
        server.ours->close(code, "why");
        EXPECT_TRUE(server.hear());
        auto const number = std::to_string(static_cast<unsigned>(code));
        EXPECT_THAT(server.heard.lines(), ElementsAre("close " + number + " why"));
        // The peer may still answer.
        EXPECT_FALSE(server.ours->ended());
        server.send(frame(role::client, opcode::close, close_payload(1001)));
        EXPECT_EQ(server.ours->end(), "close 1001 ");
    }
    raw_peer client(role::client);
    client.ours->close(close_code::going_away, "why");
    EXPECT_FALSE(client.hear());
    EXPECT_THAT(client.heard.lines(), ElementsAre("close 1001 why"));
}

TEST(connection, a_begun_frame_is_finished_before_our_close) {
    raw_peer server(role::server);
    auto& link = server.ours->link();
    out_segment const first{.bytes = as_bytes("begun "), .frame_size = 10};
    EXPECT_EQ(link.write({&first, 1}).size, 6U);
    server.ours->close(close_code::policy_violation, "enough");
    EXPECT_FALSE(server.hear());
    out_segment const rest[] = {{.bytes = as_bytes("done"), .frame_size = 0},
                                {.bytes = as_bytes("more"), .frame_size = 4}};
    EXPECT_EQ(link.write(rest).size, 4U);
    EXPECT_TRUE(server.hear());
    EXPECT_THAT(server.heard.lines(), ElementsAre("binary begun done", "close 1008 enough"));
}

// A reader that keeps to what a read gave and waits for readiness, as the driver does.
TEST(connection, an_end_behind_messages_is_told_without_another_byte) {
    struct reader final : transport::readiness_sink {
        explicit reader(connection& from) : link(from) {}
        void on_ready(bool, bool) override {
            std::vector<std::byte> buffer(1000);
            std::array<transport::in_piece, 4> pieces;
            auto const got = link.read(buffer, pieces);
            told.push_back(got.status);
            if (got.status != io_status::ok) {
                link.watch(nullptr, false, false);
            }
        }
        connection& link;
        std::vector<io_status> told;
    };
    for (std::string const& last : {frame(role::client, opcode::close, ""), std::string("\xff")}) {
        transport::simulated_runtime loop;
        context shared(loop, seeded(1));
        auto pipe = transport::make_simulated_pipe(loop, {});
        connection server(shared, role::server, std::move(pipe.first));
        reader sink(server);
        server.watch(&sink, true, false);
        std::string const bytes = frame(role::client, opcode::binary, "question") + last;
        std::array const out{as_bytes(bytes)};
        ASSERT_EQ(pipe.second->write(out).size, bytes.size());
        while (sink.told.empty()) {
            ASSERT_TRUE(loop.run_one());
        }
        // What is written now still goes before the Close.
        out_segment const answer{.bytes = as_bytes("answer"), .frame_size = 6};
        EXPECT_EQ(server.write({&answer, 1}).size, 6U);
        loop.run_until_idle();
        EXPECT_EQ(sink.told.size(), 2U);
        EXPECT_NE(sink.told.back(), io_status::ok);
        std::vector<std::byte> buffer(1000);
        transcript heard(role::client);
        for (auto got = pipe.second->read(buffer); got.status == io_status::ok;
             got = pipe.second->read(buffer)) {
            heard.feed(as_text(bytes_view(buffer).first(got.size)));
        }
        ASSERT_EQ(heard.lines().size(), 2U);
        EXPECT_EQ(heard.lines()[0], "binary answer");
        EXPECT_THAT(heard.lines()[1], ::testing::StartsWith("close "));
    }
}

TEST(connection, an_abort_says_nothing) {
    raw_peer server(role::server);
    server.ours->link().abort();
    EXPECT_FALSE(server.hear());
    EXPECT_TRUE(server.pipe.control->counters(pipe_end::first).closed);
    EXPECT_TRUE(server.heard.lines().empty());
}

}  // namespace
}  // namespace trunkline::websocket
