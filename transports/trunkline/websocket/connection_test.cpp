#include <trunkline/websocket/connection.hpp>

#include <trunkline/base/gather_queue.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/websocket/test_frames.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace trunkline::websocket {
namespace {

using testing::close_payload;
using ::testing::ElementsAre;
using testing::frame;
using ::testing::IsEmpty;
using testing::transcript;
using transport::close_code;
using transport::delivery_shape;
using transport::io_status;
using transport::pipe_end;
using namespace std::chrono_literals;
using lines = std::vector<std::string>;

context_options seeded(std::uint64_t seed, websocket_limits const& limits = {}) {
    context_options options;
    options.masks = mask_generator(seed);
    options.limits = limits;
    return options;
}

/// A driver without a session: writes down what it reads, sends frames of a queue, keeps to the
/// connection's contract.
class talker final : private transport::readiness_sink {
public:
    talker(context& shared, role side, std::unique_ptr<transport::byte_stream> link,
           std::string_view early = {})
        : connection_(
              std::make_unique<connection>(shared, side, std::move(link), as_bytes(early))) {
        rewatch();
    }

    void send(std::string_view message) {
        queue_.begin_frame(message.size());
        queue_.append_copy(as_bytes(message));
        push();
    }

    void close(close_code code, std::string_view reason) {
        connection_->close(code, reason);
        rewatch();
    }

    void probe() {
        connection_->probe();
        rewatch();
    }

    connection& link() { return *connection_; }
    bool ended() const { return connection_ == nullptr; }
    lines const& messages() const { return messages_; }
    std::string const& end() const { return end_; }
    error_code error() const { return error_; }
    std::size_t queued() const { return queue_.size(); }
    std::uint64_t wire_bytes() const { return wire_bytes_; }

    std::size_t slots = 3;
    std::size_t buffer_size = 50;

private:
    void on_ready(bool readable, bool /*writable*/) override {
        if (readable) {
            read_all();
        }
        if (connection_ != nullptr) {
            push();
        }
    }

    void read_all() {
        std::vector<std::byte> buffer(buffer_size);
        std::vector<transport::in_piece> pieces(slots);
        for (;;) {
            auto const got = connection_->read(buffer, pieces);
            wire_bytes_ += got.wire_bytes;
            for (std::size_t i = 0; i < got.pieces; ++i) {
                partial_ += as_text(pieces[i].bytes);
                if (pieces[i].ends_message) {
                    messages_.push_back(partial_);
                    partial_.clear();
                }
            }
            if (got.status == io_status::would_block) {
                return;
            }
            if (got.status != io_status::ok) {
                auto const* const close = connection_->received_close();
                failure_ = connection_->failure();
                error_ = got.error;
                end_ = failure_ ? "error: " + std::string(describe(*failure_))
                       : got.status == io_status::error ? "lost"
                       : close == nullptr
                           ? "end"
                           : "close " + std::to_string(close->code) + " " + close->reason;
                connection_.reset();
                return;
            }
        }
    }

    void push() {
        while (!queue_.empty()) {
            std::array<out_segment, 4> segments;
            auto const part = std::span(segments).first(queue_.peek(segments));
            auto const done = connection_->write(part);
            if (done.status != io_status::ok) {
                EXPECT_NE(done.status, io_status::end);
                break;
            }
            queue_.consume(done.size);
        }
        if (connection_->wants_write()) {
            EXPECT_NE(connection_->write({}).status, io_status::error);
        }
        rewatch();
    }

    void rewatch() {
        connection_->watch(this, true, !queue_.empty() || connection_->wants_write());
    }

    std::unique_ptr<connection> connection_;
    gather_queue queue_;
    lines messages_;
    std::string partial_;
    std::string end_;
    std::optional<websocket_error> failure_;
    error_code error_;
    std::uint64_t wire_bytes_ = 0;
};

/// Two connections over one pipe.
struct pair_of {
    explicit pair_of(transport::pipe_options const& options = {},
                     websocket_limits const& limits = {})
        : shared(loop, seeded(1, limits)), pipe(transport::make_simulated_pipe(loop, options)) {
        server = std::make_unique<talker>(shared, role::server, std::move(pipe.first));
        client = std::make_unique<talker>(shared, role::client, std::move(pipe.second));
    }

    transport::simulated_runtime loop;
    context shared;
    transport::simulated_pipe pipe;
    std::unique_ptr<talker> server;
    std::unique_ptr<talker> client;
};

/// One connection of ours, and a peer that is only bytes.
struct raw_peer {
    explicit raw_peer(role us, websocket_limits const& limits = {}, std::string_view early = {},
                      transport::pipe_options const& options = {})
        : shared(loop, seeded(1, limits)),
          pipe(transport::make_simulated_pipe(loop, options)),
          heard(testing::other(us)) {
        ours = std::make_unique<talker>(shared, us, std::move(pipe.first), early);
        peer = std::move(pipe.second);
    }

    void send(std::string_view bytes) {
        std::array const pieces{as_bytes(bytes)};
        auto const done = peer->write(pieces);
        EXPECT_EQ(done.size, bytes.size());
        loop.run_until_idle();
    }

    /// Reads what came; true at the end of the stream.
    bool hear() {
        loop.run_until_idle();
        std::vector<std::byte> buffer(4096);
        for (;;) {
            auto const got = peer->read(buffer);
            if (got.status != io_status::ok) {
                return got.status == io_status::end;
            }
            heard.feed(as_text(bytes_view(buffer).first(got.size)));
        }
    }

    transport::simulated_runtime loop;
    context shared;
    transport::simulated_pipe pipe;
    std::unique_ptr<talker> ours;
    std::unique_ptr<transport::byte_stream> peer;
    transcript heard;
};

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

TEST(lingering, holds_a_bounded_number) {
    transport::simulated_runtime loop;
    std::vector<std::byte> scratch(100);
    lingering_set set(loop, scratch, linger_timeout);
    std::vector<transport::simulated_pipe> pipes;
    for (std::size_t i = 0; i < lingering_max + 5; ++i) {
        pipes.push_back(transport::make_simulated_pipe(loop, {}));
        set.add(std::move(pipes.back().first), {}, farewell::end);
    }
    EXPECT_EQ(set.size(), lingering_max);
    EXPECT_TRUE(pipes.back().control->counters(pipe_end::first).closed);
    loop.run_for(linger_timeout + 1ms);
    EXPECT_EQ(set.size(), 0U);
    EXPECT_TRUE(pipes.front().control->counters(pipe_end::first).closed);
}

}  // namespace
}  // namespace trunkline::websocket
