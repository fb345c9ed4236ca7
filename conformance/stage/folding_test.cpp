// Idle connections of a server, folded and not: their peers notice nothing.
#include <replay/published_names.hpp>
#include <stage/our_client.hpp>
#include <stage/rpc_peer.hpp>
#include <stage/stage.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace trunkline::stage {
namespace {

using namespace std::chrono_literals;

namespace method = replay::method;

struct folding : ::testing::Test {
    void open() { world_ = std::make_unique<simulated_world>(settings_); }

    std::unique_ptr<rpc_peer> connect() {
        auto peer = std::make_unique<rpc_peer>(world_->connect(), frame::layout::b);
        peer->upgrade();
        EXPECT_TRUE(world_->run_until([&] { return peer->status() == 101; }, 1s));
        return peer;
    }

    void call(rpc_peer& peer) {
        auto const id = peer.call(method::read, read_arguments("k"));
        EXPECT_TRUE(world_->run_until([&] { return peer.answer(id).has_value(); }, 1s));
    }

    static std::size_t pings(rpc_peer& peer) {
        std::size_t count = 0;
        for (received_frame const& each : peer.control_frames()) {
            count += each.code == 9 ? 1 : 0;
        }
        return count;
    }

    staged_server& server() { return world_->server(); }

    server_settings settings_;
    std::unique_ptr<simulated_world> world_;
};

TEST_F(folding, begins_with_the_handshake) {
    open();
    auto const peer = connect();
    EXPECT_EQ(server().connections(), 1U);
    EXPECT_EQ(server().folded(), 1U);
}

TEST_F(folding, waits_for_a_second_of_silence) {
    open();
    auto const peer = connect();
    for (int i = 0; i < 3; ++i) {
        call(*peer);
        EXPECT_EQ(server().folded(), 0U);
        world_->run_for(900ms);
        EXPECT_EQ(server().folded(), 0U);
        world_->run_for(500ms);
        EXPECT_EQ(server().folded(), 1U);
    }
}

TEST_F(folding, takes_no_time_where_it_is_told_so) {
    settings_.connection.fold_after = 0ms;
    open();
    auto const peer = connect();
    call(*peer);
    EXPECT_EQ(server().folded(), 1U);
}

TEST_F(folding, leaves_alone_what_has_come_in_part) {
    settings_.connection.ping_after = 1h;
    settings_.connection.silence_timeout = 2h;
    open();
    auto const peer = connect();
    auto const frames = call_messages(1, 1, method::read, read_arguments("k"), frame::layout::b);
    byte_string const message = binary_message(frames.front());
    for (std::size_t at = 0; at < message.size(); ++at) {
        peer->link().send(bytes_view(message).subspan(at, 1));
        world_->run_for(5s);
        EXPECT_EQ(server().folded(), 0U) << at;
    }
    for (std::size_t i = 1; i < frames.size(); ++i) {
        peer->send_message(frames[i]);
    }
    ASSERT_TRUE(world_->run_until([&] { return peer->answer(1).has_value(); }, 1s));
    world_->run_for(5s);
    EXPECT_EQ(server().folded(), 1U);
}

TEST_F(folding, goes_on_probing) {
    open();
    auto const peer = connect();
    world_->run_for(61s);
    EXPECT_GE(pings(*peer), 9U);
    EXPECT_LE(pings(*peer), 12U);
    EXPECT_EQ(server().folded(), 1U) << "a pong is no reason to stay unfolded";
    call(*peer);
}

TEST_F(folding, ends_a_peer_that_stays_silent) {
    open();
    auto const peer = connect();
    peer->answer_pings(false);
    world_->run_for(14s);
    EXPECT_EQ(server().connections(), 1U);
    EXPECT_EQ(pings(*peer), 2U);
    world_->run_for(2s);
    EXPECT_EQ(server().connections(), 0U);
    EXPECT_TRUE(peer->link().ended());
}

TEST_F(folding, notices_that_the_peer_has_gone) {
    open();
    auto const closing = connect();
    auto const vanishing = connect();
    ASSERT_EQ(server().folded(), 2U);
    closing->link().send(close_frame(1000));
    vanishing->link().close(true);
    ASSERT_TRUE(world_->run_until([&] { return server().connections() == 0; }, 3s));
    EXPECT_TRUE(world_->run_until([&] { return closing->close_code() == 1000; }, 1s));
    EXPECT_EQ(server().folded(), 0U);
}

TEST_F(folding, says_goodbye_to_all_at_a_stop) {
    open();
    std::vector<std::unique_ptr<rpc_peer>> peers;
    for (int i = 0; i < 50; ++i) {
        peers.push_back(connect());
    }
    call(*peers.front());
    EXPECT_EQ(server().folded(), 49U);
    server().drain();
    ASSERT_TRUE(world_->run_until([&] { return server().connections() == 0; }, 5s));
    world_->run_for(1s);
    for (auto const& peer : peers) {
        EXPECT_EQ(peer->close_code(), 1001);
    }
}

TEST_F(folding, gives_slots_to_those_who_come_later) {
    open();
    for (int round = 0; round < 3; ++round) {
        std::vector<std::unique_ptr<rpc_peer>> peers;
        for (int i = 0; i < 20; ++i) {
            peers.push_back(connect());
            call(*peers.back());
        }
        EXPECT_EQ(server().connections(), 20U);
        for (auto const& peer : peers) {
            peer->link().close(false);
        }
        ASSERT_TRUE(world_->run_until([&] { return server().connections() == 0; }, 3s));
    }
}

TEST_F(folding, outlives_no_server) {
    open();
    {
        auto const peer = connect();
        auto const busy = connect();
        call(*busy);
        ASSERT_EQ(server().folded(), 1U);
    }
    world_.reset();  // which has both still; the sanitizers look
}

}  // namespace
}  // namespace trunkline::stage
