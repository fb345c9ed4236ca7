#include <trunkline/websocket/connection.hpp>

#include <trunkline/base/gather_queue.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/websocket/test_connection_peers.hpp>
#include <trunkline/websocket/test_frames.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::websocket {
namespace {

using ::testing::ElementsAre;
using testing::frame;
using ::testing::IsEmpty;
using testing::lines;
using testing::pair_of;
using testing::raw_peer;
using testing::seeded;
using transport::close_code;
using transport::delivery_shape;
using transport::io_status;
using transport::pipe_end;
using namespace std::chrono_literals;

class connection_over : public ::testing::TestWithParam<delivery_shape> {};

INSTANTIATE_TEST_SUITE_P(shape, connection_over,
                         ::testing::ValuesIn(transport::all_delivery_shapes),
                         [](auto const& shown) { return transport::name_of(shown.param); });

TEST_P(connection_over, messages_of_all_sizes_arrive_in_both_directions) {
    for (std::size_t const capacity : {std::size_t{7}, std::size_t{300}, 64 * kib}) {
        pair_of both({.shape = GetParam(), .capacity = capacity});
        lines sent;
        for (std::size_t const size :
             {1U, 2U, 125U, 126U, 127U, 128U, 129U, 1000U, 3U, 5U, 70'000U}) {
            if (size == 70'000U && capacity < 64 * kib) {
                continue;
            }
            std::string message(size, '\0');
            for (std::size_t i = 0; i < size; ++i) {
                message[i] = static_cast<char>(i * 31 + size);
            }
            sent.push_back(message);
            both.server->send(message);
            both.client->send(message);
            both.client->probe();
            both.server->probe();
        }
        both.loop.run_for(1h);
        ASSERT_EQ(both.server->messages().size(), sent.size()) << capacity;
        EXPECT_EQ(both.server->messages(), sent);
        EXPECT_EQ(both.client->messages(), sent);
        EXPECT_FALSE(both.server->link().wants_write());
        both.client->close(close_code::normal, "done");
        both.loop.run_for(1h);
        EXPECT_EQ(both.server->end(), "close 1000 done");
        EXPECT_EQ(both.client->end(), "close 1000 ");
        EXPECT_EQ(both.shared.lingering().size(), 0U);
        EXPECT_TRUE(both.pipe.control->counters(pipe_end::first).closed);
        EXPECT_TRUE(both.pipe.control->counters(pipe_end::second).closed);
    }
}

TEST_P(connection_over, both_sides_may_close_at_once) {
    pair_of both({.shape = GetParam()});
    both.server->send("last of the server");
    both.client->send("last of the client");
    both.server->close(close_code::going_away, "stopping");
    both.client->close(close_code::normal, "leaving");
    both.loop.run_for(10s);
    EXPECT_EQ(both.server->end(), "close 1000 leaving");
    EXPECT_EQ(both.client->end(), "close 1001 stopping");
    EXPECT_EQ(both.shared.lingering().size(), 0U);
}

TEST(connection, one_write_takes_many_frames) {
    pair_of both;
    gather_queue queue;
    std::string const large(5000, 'l');
    for (int i = 0; i < 10; ++i) {
        queue.begin_frame(3);
        queue.append_copy(as_bytes("abc"));
        queue.begin_frame(large.size());
        queue.append_copy(as_bytes(large));
    }
    std::array<out_segment, 40> segments;
    auto const all = std::span(segments).first(queue.peek(segments));
    for (auto* const side : {both.server.get(), both.client.get()}) {
        auto const done = side->link().write(all);
        EXPECT_EQ(done.status, io_status::ok);
        EXPECT_EQ(done.size, queue.size());
    }
    EXPECT_EQ(both.pipe.control->counters(pipe_end::first).writes, 1U);
    EXPECT_EQ(both.pipe.control->counters(pipe_end::second).writes, 1U);
    both.loop.run_for(1s);
    EXPECT_EQ(both.client->messages().size(), 20U);
    EXPECT_EQ(both.server->messages(), both.client->messages());
}

TEST(connection, control_frames_travel_with_the_frames_that_follow) {
    raw_peer server(role::server);
    auto& link = server.ours->link();
    std::string const ping = frame(role::client, opcode::ping, "p");
    // Read by hand, so that the talker does not answer by itself.
    link.watch(nullptr, false, false);
    server.send(ping);
    std::vector<std::byte> buffer(100);
    std::array<transport::in_piece, 2> pieces;
    auto const got = link.read(buffer, pieces);
    EXPECT_EQ(got.status, io_status::ok);
    EXPECT_EQ(got.pieces, 0U);
    EXPECT_EQ(got.wire_bytes, ping.size());
    EXPECT_TRUE(link.wants_write());
    out_segment const segment{.bytes = as_bytes("payload"), .frame_size = 7};
    EXPECT_EQ(link.write({&segment, 1}).size, 7U);
    EXPECT_FALSE(link.wants_write());
    EXPECT_EQ(server.pipe.control->counters(pipe_end::first).writes, 1U);
    EXPECT_FALSE(server.hear());
    EXPECT_THAT(server.heard.lines(), ElementsAre("pong p", "binary payload"));
}

TEST(connection, a_frame_in_parts_is_one_message) {
    raw_peer server(role::server);
    auto& link = server.ours->link();
    out_segment const first{.bytes = as_bytes("one "), .frame_size = 11};
    EXPECT_EQ(link.write({&first, 1}).size, 4U);
    server.send(frame(role::client, opcode::ping, "meanwhile"));
    EXPECT_FALSE(server.hear());
    EXPECT_THAT(server.heard.lines(), IsEmpty());
    EXPECT_FALSE(link.wants_write());  // nothing can be sent inside the frame
    out_segment const rest[] = {{.bytes = as_bytes("two "), .frame_size = 0},
                                {.bytes = as_bytes("end"), .frame_size = 0}};
    EXPECT_EQ(link.write(rest).size, 7U);
    EXPECT_FALSE(server.hear());
    EXPECT_THAT(server.heard.lines(), ElementsAre("binary one two end", "pong meanwhile"));
}

TEST(connection, owes_the_rest_of_a_frame_that_was_begun_over_its_stream) {
    raw_peer server(role::server);
    auto stream = server.ours->link().fold();
    ASSERT_NE(stream, nullptr);
    std::string const whole = frame(role::server, opcode::binary, "begun before");
    std::array const begin{as_bytes(whole).first(5)};
    ASSERT_EQ(stream->write(begin).size, 5U);
    connection anew(server.shared, role::server, std::move(stream));
    anew.owe(as_bytes(whole).subspan(5));
    EXPECT_TRUE(anew.wants_write());
    EXPECT_EQ(anew.fold(), nullptr);
    out_segment const segment{.bytes = as_bytes("payload"), .frame_size = 7};
    EXPECT_EQ(anew.write({&segment, 1}).size, 7U);
    EXPECT_FALSE(server.hear());
    EXPECT_THAT(server.heard.lines(), ElementsAre("binary begun before", "binary payload"));
}

TEST(connection, text_and_empty_messages_both_ways) {
    for (delivery_shape const shape : transport::all_delivery_shapes) {
        transport::simulated_runtime loop;
        context shared(loop, seeded(3));
        auto pipe = transport::make_simulated_pipe(loop, {.shape = shape, .capacity = 11});
        connection server(shared, role::server, std::move(pipe.first));
        connection client(shared, role::client, std::move(pipe.second));
        message_segment const segments[] = {
            {as_bytes("text in "), 12, message_kind::text, true},
            {as_bytes("two "), 0, message_kind::text, false},
            {{}, 0, message_kind::text, true},
            {{}, 0, message_kind::binary, true},
            {as_bytes("last"), 4, message_kind::binary, true},
        };
        std::vector<std::byte> buffer(64);
        std::array<message_piece, 2> pieces;
        auto const exchange = [&](connection& from, connection& to) {
            std::vector<std::string> told;
            std::string partial;
            std::size_t segment = 0;
            std::size_t offset = 0;
            for (int turn = 0; turn < 1000 && told.size() < 4; ++turn) {
                std::vector<message_segment> left(segments + segment, std::end(segments));
                if (!left.empty() && offset > 0) {
                    left.front().bytes = left.front().bytes.subspan(offset);
                    left.front().begins = false;
                }
                auto const done = from.write_messages(left);
                EXPECT_NE(done.status, io_status::error);
                offset = done.segments > 0 ? done.offset : offset + done.offset;
                segment += done.segments;
                loop.run_for(30ms);
                auto const got = to.read_messages(buffer, pieces);
                for (std::size_t i = 0; i < got.pieces; ++i) {
                    partial += as_text(pieces[i].bytes);
                    if (pieces[i].ends_message) {
                        told.push_back((pieces[i].kind == message_kind::text ? "t:" : "b:") +
                                       partial);
                        partial.clear();
                    }
                }
            }
            EXPECT_THAT(told, ElementsAre("t:text in two ", "t:", "b:", "b:last"))
                << transport::name_of(shape);
        };
        exchange(server, client);
        exchange(client, server);
    }
}

TEST(connection, text_is_checked_counted_and_ignored) {
    raw_peer server(role::server);
    server.send(frame(role::client, opcode::text, "hello") +
                frame(role::client, opcode::binary, "data") +
                frame(role::client, opcode::text, "wor", false) +
                frame(role::client, opcode::continuation, "ld"));
    EXPECT_THAT(server.ours->messages(), ElementsAre("data"));
    EXPECT_EQ(server.shared.counters().text_messages_ignored, 2U);
    server.send(frame(role::client, opcode::text, "bad \xff"));
    EXPECT_EQ(server.ours->end(), "error: the text is not UTF-8");
    EXPECT_TRUE(server.hear());
    EXPECT_THAT(server.heard.lines(), ElementsAre("close 1007 the text is not UTF-8"));
}

TEST(connection, text_is_refused_on_request) {
    websocket_limits limits;
    limits.refuse_text = true;
    raw_peer server(role::server, limits);
    server.send(frame(role::client, opcode::binary, "data") +
                frame(role::client, opcode::text, "hello") +
                frame(role::client, opcode::binary, "never"));
    EXPECT_THAT(server.ours->messages(), ElementsAre("data"));
    EXPECT_EQ(server.ours->end(), "error: only binary messages are taken here");
    EXPECT_TRUE(server.hear());
    EXPECT_THAT(server.heard.lines(),
                ElementsAre("close 1003 only binary messages are taken here"));
}

TEST(connection, limits_close_with_1009) {
    websocket_limits limits;
    limits.message_size_max = 100;
    raw_peer server(role::server, limits);
    server.send(frame(role::client, opcode::binary, std::string(101, 'x')));
    EXPECT_EQ(server.ours->end(), "error: the message is above the limit");
    EXPECT_EQ(server.ours->error(), transport::transport_error::message_too_big);
    EXPECT_TRUE(server.hear());
    EXPECT_THAT(server.heard.lines(), ElementsAre("close 1009 the message is above the limit"));
}

TEST(connection, bytes_that_came_with_the_handshake_count) {
    std::string const early = frame(role::client, opcode::binary, "early bird") +
                              frame(role::client, opcode::binary, std::string(300, 'e')) +
                              frame(role::client, opcode::ping, "and").substr(0, 4);
    raw_peer server(role::server, {}, early);
    server.loop.run_until_idle();
    EXPECT_THAT(server.ours->messages(), ElementsAre("early bird", std::string(300, 'e')));
    server.send(frame(role::client, opcode::ping, "and").substr(4));
    EXPECT_FALSE(server.hear());
    EXPECT_THAT(server.heard.lines(), ElementsAre("pong and"));
}

TEST(connection, a_read_with_few_slots_gives_the_rest_next_time) {
    transport::simulated_runtime loop;
    context shared(loop, seeded(1));
    auto pipe = transport::make_simulated_pipe(loop, {});
    connection server(shared, role::server, std::move(pipe.first));
    std::string bytes;
    for (int i = 0; i < 10; ++i) {
        bytes += frame(role::client, opcode::binary, std::to_string(i));
    }
    bytes += frame(role::client, opcode::close, "");
    std::array const out{as_bytes(bytes)};
    ASSERT_EQ(pipe.second->write(out).size, bytes.size());
    std::vector<std::byte> buffer(1000);
    std::array<transport::in_piece, 4> pieces;
    std::string told;
    std::vector<std::size_t> wire;
    for (;;) {
        auto const got = server.read(buffer, pieces);
        wire.push_back(got.wire_bytes);
        for (std::size_t i = 0; i < got.pieces; ++i) {
            told += as_text(pieces[i].bytes);
        }
        if (got.status != io_status::ok) {
            EXPECT_EQ(got.status, io_status::end);
            break;
        }
    }
    EXPECT_EQ(told, "0123456789");
    EXPECT_THAT(wire, ElementsAre(bytes.size(), 0U, 0U, 0U));
}

TEST(connection, an_idle_one_is_small) {
    EXPECT_LE(sizeof(connection), 128U);
}

TEST(connection, declares_its_abilities) {
    raw_peer server(role::server);
    auto const abilities = server.ours->link().abilities();
    EXPECT_TRUE(abilities.message_borders);
    EXPECT_TRUE(abilities.probe);
    EXPECT_TRUE(abilities.close_reason);
    EXPECT_FALSE(abilities.half_close);
    EXPECT_EQ(server.ours->link().peer(), "simulated:second");
    server.ours->link().acknowledge_now();
    EXPECT_EQ(server.pipe.control->counters(pipe_end::first).acknowledgements, 1U);
    server.ours->probe();
    EXPECT_FALSE(server.hear());
    EXPECT_THAT(server.heard.lines(), ElementsAre("ping "));
}

}  // namespace
}  // namespace trunkline::websocket
