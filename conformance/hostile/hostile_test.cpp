// Hostile bytes against the whole server: the same tables over simulated pipes on virtual time and
// over sockets, in both layouts, with the same results.
#include <hostile/besieged.hpp>
#include <hostile/http_cases.hpp>
#include <replay/published_names.hpp>
#include <replay/values.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace trunkline::hostile {
namespace {

namespace method = replay::method;

using namespace std::chrono_literals;

constexpr stage::world::duration patience = 30s;

class hostile : public ::testing::TestWithParam<battlefield> {
protected:
    void withstand_all(std::vector<attack> const& attacks) {
        besieged_server server(GetParam());
        for (attack const& each : attacks) {
            server.withstand(each);
            ASSERT_FALSE(HasFatalFailure());
        }
    }
};

TEST_P(hostile, frames) {
    withstand_all(frame_attacks());
}

TEST_P(hostile, arguments) {
    withstand_all(argument_attacks());
}

TEST_P(hostile, websocket_frames) {
    withstand_all(websocket_attacks());
}

TEST_P(hostile, upgrade_requests) {
    besieged_server server(GetParam());
    for (http_case const& each : http_cases()) {
        SCOPED_TRACE(each.name);
        auto const peer = server.connect();
        peer->link().send(each.request);
        server.world().run_until([&] { return peer->status() != 0 || peer->link().ended(); },
                                 patience);
        EXPECT_NE(std::ranges::find(each.statuses, peer->status()), each.statuses.end())
            << "status " << peer->status();
        if (peer->status() == 101) {
            send_good_call(*peer);
            server.wait_for(*peer, {std::nullopt, false, {{last_call, 0}}});
        } else {
            server.wait_for(*peer, {std::nullopt, true, {}});
        }
    }
}

/// A valid exchange as bytes, and where each of its calls is complete.
struct exchange {
    stage::byte_string bytes;
    std::vector<std::size_t> call_ends;
};

exchange valid_exchange(frame::layout layout) {
    exchange made{stage::bytes_of(stage::upgrade_request()), {}};
    auto const add = [&](stage::byte_string const& more) {
        made.bytes.insert(made.bytes.end(), more.begin(), more.end());
    };
    auto const call = [&](std::uint32_t id, std::uint64_t method, std::string_view arguments) {
        for (auto const& each :
             stage::call_messages(id, id, method, replay::from_hex(arguments), layout)) {
            add(stage::binary_message(each));
        }
        made.call_ends.push_back(made.bytes.size());
    };
    call(1, method::write, "016b0176");
    add(stage::encode({.code = stage::op_ping, .payload = as_bytes("hi")}));
    call(2, method::read, "016b");
    call(3, method::read, "0161");
    return made;
}

ending after_prefix(exchange const& whole, std::size_t size) {
    ending expected;
    expected.ended = true;
    for (std::uint32_t id = 1; id <= whole.call_ends.size(); ++id) {
        if (whole.call_ends[id - 1] <= size) {
            expected.answers.push_back({id, 0});
        }
    }
    return expected;
}

TEST_P(hostile, every_prefix_of_an_exchange_then_the_end) {
    besieged_server server(GetParam());
    exchange const whole = valid_exchange(GetParam().layout);
    for (std::size_t size = 0; size <= whole.bytes.size(); ++size) {
        SCOPED_TRACE("prefix of " + std::to_string(size));
        auto const peer = server.connect();
        peer->link().send(bytes_view(whole.bytes).first(size));
        peer->link().shutdown();
        server.world().run_until([&] { return peer->link().ended(); }, patience);
        ending seen = ending_of(*peer);
        seen.close_code.reset();  // a server may say goodbye or not
        ASSERT_EQ(seen, after_prefix(whole, size));
    }
    server.expect_service();
}

TEST_P(hostile, every_prefix_of_an_exchange_then_silence) {
    bool const simulated = GetParam().on == ground::simulated;
    besieged_server server(GetParam(), simulated ? 1 : 5);
    exchange const whole = valid_exchange(GetParam().layout);
    std::vector<std::unique_ptr<stage::rpc_peer>> peers;
    for (std::size_t size = 0; size <= whole.bytes.size(); ++size) {
        peers.push_back(server.connect());
        peers.back()->answer_pings(false);
        peers.back()->link().send(bytes_view(whole.bytes).first(size));
    }
    server.expect_service();
    server.world().run_until(
        [&] {
            return std::ranges::all_of(peers,
                                       [](auto const& peer) { return peer->link().ended(); });
        },
        patience);
    for (std::size_t size = 0; size <= whole.bytes.size(); ++size) {
        SCOPED_TRACE("prefix of " + std::to_string(size));
        ending seen = ending_of(*peers[size]);
        seen.close_code.reset();
        ASSERT_EQ(seen, after_prefix(whole, size));
        EXPECT_NE(peers[size]->status() == 101, size < stage::upgrade_request().size());
    }
    server.expect_service();
}

TEST_P(hostile, a_request_that_drips_is_given_up) {
    bool const simulated = GetParam().on == ground::simulated;
    besieged_server server(GetParam(), simulated ? 1 : 5);
    auto const peer = server.connect();
    std::string const request = stage::upgrade_request();
    auto const begun = server.world().loop().now();
    std::size_t sent = 0;
    while (!peer->link().ended() && sent < request.size()) {
        peer->link().send(std::string_view(request).substr(sent++, 1));
        server.world().run_for(server.limits().handshake_timeout / 40);
    }
    EXPECT_LT(sent, request.size());
    EXPECT_NE(peer->status(), 101);
    EXPECT_GE(server.world().loop().now() - begun, server.limits().handshake_timeout);
    server.expect_service();
}

TEST_P(hostile, a_message_that_drips_is_waited_for) {
    bool const simulated = GetParam().on == ground::simulated;
    besieged_server server(GetParam(), simulated ? 1 : 5);
    auto const peer = server.connect_and_call();
    peer->answer_pings(false);
    for (auto const& message : stage::call_messages(last_call, 9, method::read,
                                                    replay::from_hex("0161"), GetParam().layout)) {
        for (std::byte const each : stage::binary_message(message)) {
            peer->link().send(std::span(&each, 1));
            server.world().run_for(server.limits().silence_timeout / 50);
        }
    }
    server.wait_for(*peer, {std::nullopt, false, {{first_call, 0}, {last_call, 0}}});
}

TEST_P(hostile, a_peer_that_asks_and_never_reads_is_given_up) {
    bool const simulated = GetParam().on == ground::simulated;
    besieged_server server(GetParam(), simulated ? 1 : 5);
    auto const peer = server.connect_and_call();
    // One value of 1 MiB, then many times the same question. Bytes that cannot be packed: 0 to 255.
    stage::byte_string write = replay::from_hex("016bff020000100000");
    for (std::size_t i = 0; i < mib; ++i) {
        write.push_back(static_cast<std::byte>(i));
    }
    send_call(*peer, attacked_call, method::write, write);
    ASSERT_TRUE(server.world().run_until([&] { return peer->answer(attacked_call).has_value(); },
                                         patience));
    ASSERT_EQ(peer->answer(attacked_call)->status(), 0);
    std::size_t const others = server.world().server().connections();
    peer->link().read(false);
    for (std::uint32_t id = 1000; id < 1200; ++id) {
        send_call(*peer, id, method::read, replay::from_hex("016b"));
    }
    server.expect_service();
    EXPECT_EQ(server.world().server().connections(), others);
    EXPECT_TRUE(
        server.world().run_until([&] { return server.world().server().connections() < others; },
                                 2 * server.limits().write_stall_timeout + patience));
    peer->link().read(true);
    server.world().run_until([&] { return peer->link().ended(); }, patience);
    EXPECT_TRUE(peer->link().ended());
    EXPECT_LT(ending_of(*peer).answers.size(), 200U);
    server.expect_service();
}

// Most of them are refused, each with an answer, and so is the call after them.
TEST_P(hostile, a_million_calls_that_are_opened_and_never_ended) {
    besieged_server server(GetParam());
    auto const peer = server.connect_and_call();
    std::size_t const connections = server.world().server().connections();
    stage::byte_string bytes;
    for (std::uint32_t id = 1000; id < 1'001'000; ++id) {
        auto const head = encode({.request_id = id, .method_id = method::len});
        auto const next = stage::binary_message(
            stage::encode({id, 0, replay::kind::open, head}, GetParam().layout));
        bytes.insert(bytes.end(), next.begin(), next.end());
    }
    peer->link().discard(true);
    peer->link().send(bytes);
    server.expect_service();
    EXPECT_TRUE(server.world().run_until([&] { return peer->link().unsent() == 0; }, 4 * patience));
    server.expect_service();
    EXPECT_EQ(server.world().server().connections(), connections);
    EXPECT_FALSE(peer->link().ended());
}

INSTANTIATE_TEST_SUITE_P(everywhere, hostile, ::testing::ValuesIn(all_battlefields()),
                         [](auto const& each) { return name_of(each.param); });

}  // namespace
}  // namespace trunkline::hostile
