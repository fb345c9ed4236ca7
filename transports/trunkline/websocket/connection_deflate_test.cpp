// Compressed messages over a connection: what goes on the wire, and how input that means much is
// taken in bounded pieces.
#include <trunkline/transport/error.hpp>
#include <trunkline/websocket/test_connection_peers.hpp>
#include <trunkline/websocket/test_deflate.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace trunkline::websocket {
namespace {

using testing::deflated;
using ::testing::ElementsAre;
using testing::frame;
using testing::lines;
using testing::other;
using testing::pair_of;
using testing::raw_peer;
using testing::test_mask;
using testing::with_deflate;
using namespace std::string_literals;

std::string random_bytes(std::size_t size) {
    std::mt19937 random(1);
    std::string out(size, '\0');
    for (char& each : out) {
        each = static_cast<char>(random());
    }
    return out;
}

/// Text as programs write it: half of it is said again and again.
std::string chatter(std::size_t size) {
    std::mt19937 random(2);
    std::string out;
    while (out.size() < size) {
        out += "{\"key\": " + std::to_string(random()) + ", \"name\": \"somebody\"}, ";
    }
    out.resize(size);
    return out;
}

TEST(connection_deflate, messages_of_all_sizes_arrive_both_ways) {
    for (std::uint8_t const bits : {8, 11, 15}) {
        pair_of ends({}, {}, {.window_bits = bits});
        ends.server->buffer_size = 64 * kib;
        lines sent;
        for (std::size_t const size : {1UL, 127UL, 128UL, 1000UL, deflater::piece_size_max,
                                       deflater::piece_size_max + 1, std::size_t{3 * mib}}) {
            for (auto const& message : {chatter(size), random_bytes(size)}) {
                ends.client->send(message);
                ends.server->send(message);
                ends.loop.run_until_idle();
                sent.push_back(message);
            }
        }
        EXPECT_TRUE(ends.server->messages() == sent);
        EXPECT_TRUE(ends.client->messages() == sent);
    }
}

TEST(connection_deflate, large_messages_are_sent_small) {
    raw_peer server(role::server, {}, {}, {}, with_deflate);
    auto const message = chatter(300'000);
    server.ours->send(message);
    server.hear();
    EXPECT_TRUE(server.heard.lines() == lines{"binary " + message});
    EXPECT_LT(server.heard_bytes, message.size() / 2);
}

// Whatever the link takes at a time: what was compressed, or found not to shrink, is kept.
TEST(connection_deflate, nothing_is_compressed_twice) {
    using transport::delivery_shape;
    lines messages{chatter(300'000), random_bytes(30'000), random_bytes(20'000), chatter(500)};
    for (std::size_t size = 30; size < 3000; size += 30) {
        messages.push_back(size % 60 == 0 ? chatter(size) : random_bytes(size));
    }
    messages.push_back(chatter(100'000));
    std::uint64_t once = 0;
    for (std::string const& each : messages) {
        once += each.size() < deflate_size_least ? 0 : each.size();
    }
    for (role const us : {role::server, role::client}) {
        for (auto const& [shape, capacity] : {std::pair(delivery_shape::short_writes, 64 * kib),
                                              std::pair(delivery_shape::direct, std::size_t{999}),
                                              std::pair(delivery_shape::direct, 64 * kib)}) {
            raw_peer peer(us, {}, {}, {.shape = shape, .capacity = capacity}, with_deflate);
            for (std::string const& each : messages) {
                peer.ours->send(each);
            }
            while (peer.heard.lines().size() < messages.size()) {
                std::size_t const before = peer.heard_bytes;
                peer.loop.run_for(std::chrono::milliseconds(2));
                peer.hear();
                ASSERT_GT(peer.heard_bytes, before);
            }
            for (std::size_t i = 0; i < messages.size(); ++i) {
                EXPECT_TRUE(peer.heard.lines()[i] == "binary " + messages[i]) << i;
            }
            // Less where the beginning of a message was enough to see that it does not shrink.
            EXPECT_LE(peer.shared.compressor().added(), once) << name_of(shape) << capacity;
        }
    }
}

TEST(connection_deflate, what_does_not_shrink_goes_as_it_is) {
    for (auto const& message : {std::string(127, 'a'), random_bytes(128), random_bytes(50'000)}) {
        raw_peer with(role::server, {}, {}, {}, with_deflate);
        raw_peer without(role::server);
        with.ours->send(message);
        without.ours->send(message);
        with.hear();
        without.hear();
        EXPECT_EQ(with.heard_bytes, without.heard_bytes);
        EXPECT_TRUE(with.heard.lines() == lines{"binary " + message});
    }
}

// Little room, few slots, much to say: nothing is lost between two reads.
TEST(connection_deflate, a_small_buffer_gives_everything) {
    auto const message = chatter(5000);
    auto const zeros = std::string(100'000, '\0');
    for (std::size_t const size : {2, 3, 8, 50, 4000}) {
        for (std::size_t const slots : {2, 3, 64}) {
            raw_peer server(role::server, {}, {}, {}, with_deflate);
            server.ours->buffer_size = size;
            server.ours->slots = slots;
            for (auto const& payload : {message, zeros}) {
                server.send(
                    frame(role::client, opcode::binary, deflated(payload), true, test_mask, true));
            }
            server.send(frame(role::client, opcode::binary, "plain"));
            EXPECT_TRUE(server.ours->messages() == (lines{message, zeros, "plain"}))
                << size << " " << slots;
        }
    }
}

/// A reader that reads once per turn, as the driver does when the link gives less than a buffer.
TEST(connection_deflate, is_told_again_of_what_one_read_could_not_hold) {
    raw_peer server(role::server, {}, {}, {}, with_deflate);
    server.ours->once_per_turn = true;
    server.ours->buffer_size = 4000;
    auto const zeros = std::string(1'000'000, '\0');
    auto const bytes = frame(role::client, opcode::binary, deflated(zeros), true, test_mask, true) +
                       frame(role::client, opcode::ping, "p");
    server.send(bytes);
    EXPECT_TRUE(server.ours->messages() == lines{zeros});
    EXPECT_EQ(server.ours->wire_bytes(), bytes.size());
    server.hear();
    EXPECT_THAT(server.heard.lines(), ElementsAre("pong p"));
}

// A fragment may end with a final block, and what it inflates to may fill the room exactly: what
// has been read behind it must not stay in a buffer that is the reader's.
TEST(connection_deflate, a_final_block_that_fills_the_room_loses_nothing) {
    for (std::size_t const zeros : {59, 60, 61}) {
        raw_peer client(role::client, {}, {}, {}, with_deflate);
        client.ours->buffer_size = 80;  // three quarters of it for what is inflated
        client.ours->once_per_turn = true;
        std::string const first(zeros, '\0');
        client.send(frame(role::server, opcode::binary, deflated(first, 9, true), false, {}, true) +
                    frame(role::server, opcode::continuation, deflated("hello")));
        EXPECT_TRUE(client.ours->messages() == lines{first + "hello"}) << zeros;
    }
}

TEST(connection_deflate, a_bomb_ends_the_connection) {
    for (role const us : {role::server, role::client}) {
        raw_peer ours(us, {}, {}, {}, with_deflate);
        ours.ours->buffer_size = 64 * kib;
        ours.ours->discards = true;
        auto const one = deflated(std::string(mib, '\0'), 9) + "\0\0\xff\xff"s;
        std::string bomb;
        for (int i = 0; i < 32; ++i) {
            bomb += one;
        }
        ours.send(frame(other(us), opcode::binary, bomb, false, test_mask, true));
        EXPECT_TRUE(ours.ours->ended());
        EXPECT_EQ(ours.ours->error(), transport::transport_error::message_too_big);
        ours.hear();
        EXPECT_THAT(ours.heard.lines(), ElementsAre("close 1009 the message is above the limit"));
    }
}

TEST(connection_deflate, what_cannot_be_inflated_ends_the_connection) {
    raw_peer server(role::server, {}, {}, {}, with_deflate);
    server.send(frame(role::client, opcode::binary, "\x06", true, test_mask, true));
    EXPECT_EQ(server.ours->error(), transport::transport_error::protocol_error);
    server.hear();
    EXPECT_THAT(server.heard.lines(),
                ElementsAre("close 1007 the compressed message cannot be inflated"));
}

TEST(connection_deflate, folds_between_messages_only) {
    raw_peer server(role::server, {}, {}, {}, {.window_bits = 11});
    auto const bytes =
        frame(role::client, opcode::binary, deflated(chatter(1000)), true, test_mask, true);
    server.send(bytes.substr(0, bytes.size() - 1));
    EXPECT_EQ(server.ours->link().fold(), nullptr);
    server.send(bytes.substr(bytes.size() - 1));
    EXPECT_EQ(server.ours->link().abilities().form, 11);
    EXPECT_NE(server.ours->link().fold(), nullptr);
}

// One inflater for all connections that are not within a message.
TEST(connection_deflate, connections_share_what_they_need) {
    transport::simulated_runtime loop;
    context shared(loop);
    EXPECT_EQ(shared.spare_inflater(), nullptr);
    EXPECT_EQ(shared.compressor().block(), nullptr);
    pair_of ends({}, {}, with_deflate);
    ends.client->send(chatter(1000));
    ends.loop.run_until_idle();
    auto const* const first = ends.shared.spare_inflater().get();
    EXPECT_NE(first, nullptr);
    ends.server->send(chatter(1000));
    ends.loop.run_until_idle();
    EXPECT_EQ(ends.shared.spare_inflater().get(), first);
    EXPECT_EQ(ends.client->messages().size() + ends.server->messages().size(), 2U);
}

}  // namespace
}  // namespace trunkline::websocket
