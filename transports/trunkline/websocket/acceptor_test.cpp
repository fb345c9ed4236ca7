#include <trunkline/websocket/acceptor.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/websocket/opener.hpp>
#include <trunkline/websocket/test_frames.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trunkline::websocket {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using transport::delivery_shape;
using transport::io_status;
using transport::pipe_end;
using namespace std::chrono_literals;

std::string const good_request =
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A server's end of a pipe in the acceptor, and the client's end in our hands.
struct door {
    explicit door(upgrade_options options = {}, transport::pipe_options const& pipe_options = {})
        : doorman(shared, std::move(options),
                  [this](std::unique_ptr<connection> made, accepted_request const& asked) {
                      accepted.push_back(std::move(made));
                      path = asked.path_index;
                      target = asked.target;
                  }) {
        knock(pipe_options);
    }

    void knock(transport::pipe_options const& options = {}) {
        auto pipe = transport::make_simulated_pipe(loop, options);
        control = pipe.control;
        client = std::move(pipe.second);
        doorman.add(std::move(pipe.first));
    }

    void send(std::string_view bytes) {
        std::array const pieces{as_bytes(bytes)};
        EXPECT_EQ(client->write(pieces).size, bytes.size());
    }

    /// All that came so far; `ended` is set at the end of the stream.
    std::string hear() {
        std::string out;
        std::vector<std::byte> buffer(1000);
        for (;;) {
            auto const got = client->read(buffer);
            if (got.status != io_status::ok) {
                ended = got.status == io_status::end;
                return out;
            }
            out += as_text(bytes_view(buffer).first(got.size));
        }
    }

    bool server_closed() const { return control->counters(pipe_end::first).closed; }

    transport::simulated_runtime loop;
    context shared{loop};
    std::vector<std::unique_ptr<connection>> accepted;
    std::size_t path = 99;
    std::string target;
    acceptor doorman;
    std::unique_ptr<transport::byte_stream> client;
    std::shared_ptr<transport::pipe_control> control;
    bool ended = false;
};

class handshake_over : public ::testing::TestWithParam<delivery_shape> {};

INSTANTIATE_TEST_SUITE_P(shape, handshake_over, ::testing::ValuesIn(transport::all_delivery_shapes),
                         [](auto const& shown) { return transport::name_of(shown.param); });

TEST_P(handshake_over, both_sides_of_ours_meet) {
    transport::simulated_runtime loop;
    context shared(loop);
    std::unique_ptr<connection> server;
    acceptor doorman(shared, {}, [&](std::unique_ptr<connection> made, accepted_request const&) {
        server = std::move(made);
    });
    auto pipe = transport::make_simulated_pipe(loop, {.shape = GetParam(), .capacity = 13});
    doorman.add(std::move(pipe.first));
    std::unique_ptr<connection> client;
    auto const hand =
        std::make_unique<opener>(shared, *parse_ws_url("ws://somewhere/ws"), std::move(pipe.second),
                                 [&](result<std::unique_ptr<connection>> made) {
                                     ASSERT_TRUE(made.has_value()) << made.error().message();
                                     client = std::move(*made);
                                 });
    loop.run_for(9s);
    ASSERT_NE(server, nullptr);
    ASSERT_NE(client, nullptr);
    EXPECT_EQ(doorman.pending(), 0U);
    EXPECT_EQ(shared.counters().upgrades_accepted, 1U);
    client->probe();
    while (client->wants_write()) {
        EXPECT_NE(client->write({}).status, io_status::error);
    }
    loop.run_for(1s);
    std::vector<std::byte> buffer(100);
    std::array<transport::in_piece, 1> pieces;
    EXPECT_GT(server->read(buffer, pieces).wire_bytes, 0U);
}

TEST(acceptor, bytes_behind_the_request_belong_to_the_websocket) {
    door open;
    open.send(good_request + testing::frame(role::client, opcode::binary, "in a hurry"));
    open.loop.run_until_idle();
    ASSERT_EQ(open.accepted.size(), 1U);
    EXPECT_EQ(open.path, 0U);
    EXPECT_THAT(open.hear(), StartsWith("HTTP/1.1 101 "));
    std::vector<std::byte> buffer(100);
    std::array<transport::in_piece, 2> pieces;
    auto const got = open.accepted[0]->read(buffer, pieces);
    ASSERT_EQ(got.pieces, 1U);
    EXPECT_EQ(as_text(pieces[0].bytes), "in a hurry");
    EXPECT_EQ(open.accepted[0]->read(buffer, pieces).status, io_status::would_block);
}

TEST(acceptor, tells_what_was_asked_for) {
    door open({.paths = {}});
    std::string request = good_request;
    open.send(request.replace(request.find("/ws"), 3, "/a/b?room=c"));
    open.loop.run_for(1s);
    ASSERT_EQ(open.accepted.size(), 1U);
    EXPECT_EQ(open.target, "/a/b?room=c");
}

TEST(acceptor, may_refuse_without_a_word) {
    for (std::string const request : {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "no HTTP\r\n\r\n"}) {
        door open({.answers_refusals = false});
        open.send(request);
        open.loop.run_for(1s);
        EXPECT_EQ(open.hear(), "");
        EXPECT_TRUE(open.ended);
        EXPECT_EQ(open.shared.counters().upgrades_refused, 1U);
    }
    door slow({.answers_refusals = false});
    slow.send("GET / HT");
    slow.loop.run_for(11s);
    EXPECT_EQ(slow.hear(), "");
    EXPECT_TRUE(slow.ended);
}

TEST(acceptor, a_refused_peer_gets_its_status_and_the_end) {
    door open;
    open.send("GET /elsewhere HTTP/1.1\r\nHost: x\r\n\r\nrest");
    open.loop.run_until_idle();
    EXPECT_THAT(open.hear(), StartsWith("HTTP/1.1 404 Not Found\r\n"));
    EXPECT_TRUE(open.ended);
    EXPECT_TRUE(open.accepted.empty());
    EXPECT_EQ(open.doorman.pending(), 0U);
    EXPECT_FALSE(open.server_closed());
    open.loop.run_for(linger_timeout);
    EXPECT_TRUE(open.server_closed());
    EXPECT_EQ(open.shared.counters().upgrades_refused, 1U);
}

TEST(acceptor, a_slow_drip_gets_ten_seconds_in_all) {
    door open;
    auto const begin = open.loop.now();
    std::size_t sent = 0;
    while (open.doorman.pending() > 0) {
        open.send(good_request.substr(sent++ % 100, 1));
        open.loop.run_for(200ms);
    }
    EXPECT_EQ(open.loop.now() - begin, 10s);
    EXPECT_THAT(open.hear(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
    EXPECT_TRUE(open.ended);
    open.loop.run_for(linger_timeout);
    EXPECT_TRUE(open.server_closed());
    EXPECT_EQ(open.shared.lingering().size(), 0U);
}

TEST(acceptor, a_silent_peer_gets_the_end) {
    door open;
    open.loop.run_for(9999ms);
    EXPECT_FALSE(open.server_closed());
    open.loop.run_for(1ms);
    EXPECT_EQ(open.hear(), "");
    EXPECT_TRUE(open.ended);
    EXPECT_TRUE(open.server_closed());
    EXPECT_EQ(open.shared.counters().handshakes_lost, 1U);
}

TEST(acceptor, a_peer_that_does_not_take_its_answer_is_dropped_in_time) {
    // The answer is longer than the pipe.
    door open({}, {.shape = delivery_shape::direct, .capacity = 50});
    for (std::size_t at = 0; at < good_request.size(); at += 50) {
        open.send(good_request.substr(at, 50));
        open.loop.run_until_idle();
    }
    EXPECT_TRUE(open.accepted.empty());
    open.loop.run_for(10s);
    EXPECT_TRUE(open.server_closed());
    EXPECT_EQ(open.doorman.pending(), 0U);
}

TEST(acceptor, half_requests_end_with_their_peers) {
    for (std::size_t size = 0; size < good_request.size(); size += 9) {
        door open;
        open.send(good_request.substr(0, size) + (size == 0 ? "G" : ""));
        open.client->shutdown_write();
        open.loop.run_until_idle();
        EXPECT_EQ(open.doorman.pending(), 0U);
        EXPECT_TRUE(open.server_closed());
        EXPECT_TRUE(open.accepted.empty());
        door cut;
        cut.send(good_request.substr(0, size) + (size == 0 ? "G" : ""));
        cut.control->cut();
        cut.loop.run_until_idle();
        EXPECT_EQ(cut.doorman.pending(), 0U);
    }
}

TEST(acceptor, one_bad_peer_does_not_disturb_another) {
    door open;
    auto slow = std::move(open.client);
    open.knock();
    open.send("\x16\x03\x01 not http");
    open.loop.run_until_idle();
    EXPECT_THAT(open.hear(), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    open.knock();
    open.send(good_request);
    open.loop.run_until_idle();
    EXPECT_EQ(open.accepted.size(), 1U);
    EXPECT_EQ(open.doorman.pending(), 1U);
    std::array const pieces{as_bytes(good_request)};
    EXPECT_EQ(slow->write(pieces).size, good_request.size());
    open.loop.run_until_idle();
    EXPECT_EQ(open.accepted.size(), 2U);
}

TEST(acceptor, closing_refuses_what_is_under_way_and_what_comes) {
    door open;
    auto const silent = std::move(open.client);
    open.knock();
    open.send(good_request.substr(0, 30));
    open.loop.run_until_idle();
    open.doorman.close();
    open.loop.run_until_idle();
    EXPECT_THAT(open.hear(), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
    EXPECT_TRUE(open.ended);
    EXPECT_EQ(open.doorman.pending(), 0U);
    open.knock();
    EXPECT_TRUE(open.server_closed());
}

TEST(acceptor, may_be_destroyed_by_its_sink) {
    transport::simulated_runtime loop;
    context shared(loop);
    std::unique_ptr<acceptor> doorman;
    std::unique_ptr<connection> kept;
    doorman = std::make_unique<acceptor>(
        shared, upgrade_options(), [&](std::unique_ptr<connection> made, accepted_request const&) {
            kept = std::move(made);
            doorman.reset();
        });
    auto first = transport::make_simulated_pipe(loop, {});
    auto second = transport::make_simulated_pipe(loop, {});
    std::array const pieces{as_bytes(good_request)};
    EXPECT_EQ(first.second->write(pieces).size, good_request.size());
    doorman->add(std::move(second.first));
    doorman->add(std::move(first.first));
    loop.run_until_idle();
    EXPECT_EQ(doorman, nullptr);
    EXPECT_NE(kept, nullptr);
}

// --- the client's side -------------------------------------------------------------------------

struct dialled {
    explicit dialled(transport::pipe_options const& options = {}) {
        auto pipe = transport::make_simulated_pipe(loop, options);
        server = std::move(pipe.first);
        hand = std::make_unique<opener>(shared, *parse_ws_url("ws://[::1]:8080/ws?a"),
                                        std::move(pipe.second),
                                        [this](result<std::unique_ptr<connection>> made) {
                                            error = made ? error_code() : made.error();
                                            link = made ? std::move(*made) : nullptr;
                                            done = true;
                                            hand.reset();
                                        });
        loop.run_until_idle();
    }

    transport::simulated_runtime loop;
    context shared{loop};
    std::unique_ptr<transport::byte_stream> server;
    std::unique_ptr<opener> hand;
    std::unique_ptr<connection> link;
    error_code error;
    bool done = false;
};

TEST(opener, asks_and_reports_why_it_failed) {
    struct answer_case {
        std::string answer;
        bool end;
        error_code error;
    };
    answer_case const cases[] = {
        {"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", false,
         upgrade_error::not_switching},
        {"SSH-2.0-OpenSSH\r\n\r\n", false, upgrade_error::malformed_response},
        {"HTTP/1.1 101", true, make_error_code(transport::transport_error::link_lost)},
        {"", true, make_error_code(transport::transport_error::link_lost)},
    };
    for (auto const& row : cases) {
        dialled out;
        std::vector<std::byte> buffer(1000);
        auto const got = out.server->read(buffer);
        auto const request = std::string(as_text(bytes_view(buffer).first(got.size)));
        EXPECT_THAT(request, StartsWith("GET /ws?a HTTP/1.1\r\nHost: [::1]:8080\r\n"));
        EXPECT_THAT(request, EndsWith("\r\n\r\n"));
        EXPECT_FALSE(out.done);
        if (!row.answer.empty()) {
            std::array const pieces{as_bytes(row.answer)};
            EXPECT_EQ(out.server->write(pieces).size, row.answer.size());
        }
        if (row.end) {
            out.server->shutdown_write();
        }
        out.loop.run_until_idle();
        EXPECT_TRUE(out.done);
        EXPECT_EQ(out.error, row.error) << out.error.message();
    }
}

TEST(opener, uses_a_fresh_key_each_time) {
    auto const key_of = [](dialled& out) {
        std::vector<std::byte> buffer(1000);
        auto const got = out.server->read(buffer);
        std::string const request(as_text(bytes_view(buffer).first(got.size)));
        return request.substr(request.find("Sec-WebSocket-Key: "));
    };
    dialled one;
    dialled two;
    EXPECT_NE(key_of(one), key_of(two));
}

TEST(opener, destroyed_it_is_silent) {
    dialled out;
    out.hand.reset();
    out.loop.run_until_idle();
    EXPECT_FALSE(out.done);
    std::vector<std::byte> buffer(1000);
    EXPECT_EQ(out.server->read(buffer).status, io_status::ok);
    EXPECT_EQ(out.server->read(buffer).status, io_status::end);
}

// What a program has read of a stream before it gives it away.
TEST(acceptor, bytes_that_were_read_before_count_as_received) {
    for (std::size_t known = 1; known <= good_request.size(); ++known) {
        door gate;
        auto pipe = transport::make_simulated_pipe(gate.loop, {});
        gate.client = std::move(pipe.second);
        gate.doorman.add(std::move(pipe.first), as_bytes(good_request).first(known));
        if (known < good_request.size()) {
            gate.send(std::string_view(good_request).substr(known));
        }
        gate.loop.run_until_idle();
        EXPECT_EQ(gate.accepted.size(), 1U) << known;
        EXPECT_THAT(gate.hear(), StartsWith("HTTP/1.1 101 ")) << known;
    }
}

}  // namespace
}  // namespace trunkline::websocket
