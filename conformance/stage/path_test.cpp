// The WebSocket path from our client to our server: the same tests over simulated pipes of every
// delivery shape, on virtual time, and over sockets; in both layouts.
#include <replay/published_names.hpp>
#include <stage/our_client.hpp>
#include <stage/rpc_peer.hpp>
#include <stage/stage.hpp>
#include <trunkline/rpc/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace trunkline::stage {
namespace {

using namespace std::chrono_literals;

constexpr world::duration patience = 60s;

/// Empty shape: sockets.
struct path_kind {
    std::optional<transport::delivery_shape> shape;
    frame::layout layout = frame::layout::b;
};

std::string name_of(path_kind const& kind) {
    return std::string(kind.shape ? transport::name_of(*kind.shape) : "sockets") +
           (kind.layout == frame::layout::a ? "_a" : "_b");
}

void PrintTo(path_kind const& kind, std::ostream* out) {
    *out << name_of(kind);
}

std::vector<path_kind> all_kinds() {
    std::vector<path_kind> kinds;
    for (frame::layout const layout : {frame::layout::a, frame::layout::b}) {
        kinds.push_back({std::nullopt, layout});
        for (transport::delivery_shape const shape : transport::all_delivery_shapes) {
            kinds.push_back({shape, layout});
        }
    }
    return kinds;
}

class path : public ::testing::TestWithParam<path_kind> {
protected:
    /// Time limits as published on virtual time; a fifth of them on sockets.
    path() {
        if (!GetParam().shape) {
            settings_.connection.ping_after /= 5;
            settings_.connection.silence_timeout /= 5;
        }
        if (GetParam().shape) {
            transport::pipe_options pipes;
            pipes.shape = *GetParam().shape;
            world_ = std::make_unique<simulated_world>(settings_, pipes);
        } else {
            world_ = std::make_unique<socket_world>(settings_);
        }
    }

    std::unique_ptr<our_client> connect() {
        auto client = std::make_unique<our_client>(*world_, GetParam().layout);
        EXPECT_TRUE(world_->run_until([&] { return client->connected(); }, patience));
        return client;
    }

    std::unique_ptr<rpc_peer> connect_stranger() {
        auto peer = std::make_unique<rpc_peer>(world_->connect(), GetParam().layout);
        peer->upgrade();
        EXPECT_TRUE(world_->run_until([&] { return peer->status() == 101; }, patience));
        return peer;
    }

    our_client::outcome call(our_client& client, std::uint64_t method, bytes_view arguments) {
        auto const result = client.call(method, arguments);
        EXPECT_TRUE(world_->run_until([&] { return result->done; }, patience));
        return *result;
    }

    /// Shapes that move few bytes at a time need millions of turns for large values.
    [[nodiscard]] static std::size_t largest_value() {
        auto const shape = GetParam().shape;
        bool const slow = shape == transport::delivery_shape::one_byte ||
                          shape == transport::delivery_shape::short_writes;
        return slow ? chunk_size + 1 : 8 * mib;
    }

    [[nodiscard]] bool server_is_empty() {
        return world_->run_until([&] { return world_->server().connections() == 0; }, patience);
    }

    server_settings settings_;
    std::unique_ptr<world> world_;
};

/// Write arguments of `key` "k" and a payload that cannot be packed.
byte_string payload_of(std::size_t size) {
    byte_string payload(size);
    for (std::size_t i = 0; i < size; ++i) {
        payload[i] = static_cast<std::byte>((i * 131 + 17) % 251);
    }
    return payload;
}

TEST_P(path, values_of_every_size_come_back) {
    auto const client = connect();
    for (std::size_t const size :
         {std::size_t{1}, std::size_t{125}, std::size_t{126}, std::size_t{65'500}, chunk_size - 1,
          chunk_size, chunk_size + 1, mib, 8 * mib}) {
        if (size > largest_value()) {
            break;
        }
        SCOPED_TRACE(size);
        byte_string const payload = payload_of(size);
        auto const written = call(*client, replay::method::write, write_arguments("k", payload));
        ASSERT_EQ(written.status, replay::status::success);
        auto const read = call(*client, replay::method::read, read_arguments("k"));
        ASSERT_EQ(read.status, replay::status::success);
        ASSERT_TRUE(std::ranges::equal(read.body, found_value(payload)));
    }
}

TEST_P(path, many_calls_at_once_are_all_answered) {
    auto const client = connect();
    std::vector<std::shared_ptr<our_client::outcome>> results;
    for (int i = 0; i < 500; ++i) {
        results.push_back(client->call(replay::method::len, {}));
    }
    EXPECT_TRUE(world_->run_until(
        [&] { return std::ranges::all_of(results, [](auto const& each) { return each->done; }); },
        patience));
    for (auto const& each : results) {
        EXPECT_EQ(each->status, replay::status::success);
    }
}

TEST_P(path, clients_do_not_disturb_each_other) {
    std::vector<std::unique_ptr<our_client>> clients;
    std::vector<std::shared_ptr<our_client::outcome>> results;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(connect());
        results.push_back(clients.back()->call(
            replay::method::write, write_arguments("k" + std::to_string(i), payload_of(1000))));
    }
    EXPECT_TRUE(world_->run_until(
        [&] { return std::ranges::all_of(results, [](auto const& each) { return each->done; }); },
        patience));
    for (auto const& each : results) {
        EXPECT_EQ(each->status, replay::status::success);
    }
    clients.clear();
    EXPECT_TRUE(server_is_empty());
}

TEST_P(path, an_orderly_close_ends_both_sides) {
    auto const client = connect();
    EXPECT_EQ(call(*client, replay::method::len, {}).status, replay::status::success);
    client->close();
    EXPECT_TRUE(world_->run_until([&] { return client->ended(); }, patience));
    EXPECT_TRUE(server_is_empty());
    auto const late = client->call(replay::method::len, {});
    EXPECT_TRUE(late->done);
    EXPECT_EQ(late->error, rpc::rpc_error::not_connected);
}

TEST_P(path, a_server_that_stops_answers_first) {
    auto const client = connect();
    auto const stranger = connect_stranger();
    byte_string const payload = payload_of(std::min(mib, largest_value()));
    ASSERT_EQ(call(*client, replay::method::write, write_arguments("k", payload)).status,
              replay::status::success);
    auto const result = client->call(replay::method::read, read_arguments("k"));
    // The request has reached the server when something of the answer is on its way.
    EXPECT_TRUE(world_->run_until([&] { return result->done || client->hears(); }, patience));
    world_->server().drain();
    EXPECT_TRUE(world_->run_until([&] { return result->done && client->ended(); }, patience));
    EXPECT_EQ(result->status, replay::status::success);
    EXPECT_EQ(result->body.size(), found_value(payload).size());
    EXPECT_TRUE(world_->run_until([&] { return stranger->link().ended(); }, patience));
    EXPECT_EQ(stranger->close_code(), 1001);
    EXPECT_TRUE(server_is_empty());
}

/// Callers of one client who rest between two calls, each in a rhythm of its own.
class restful_callers {
public:
    restful_callers(world& where, our_client& client) : world_(where), client_(client) {}

    /// Runs for a while; calls of those who have rested are made meanwhile.
    void run_for(world::duration span) {
        for (auto const until = world_.loop().now() + span; world_.loop().now() < until;) {
            for (std::size_t i = 0; i < callers_.size() && !client_.ended(); ++i) {
                look_at(callers_[i], 3ms + 2ms * i);
            }
            world_.run_for(1ms);
        }
    }

    [[nodiscard]] std::size_t answered() const { return answered_; }
    [[nodiscard]] std::size_t lost() const { return lost_; }

private:
    struct caller {
        std::shared_ptr<our_client::outcome> call;
        transport::runtime::time_point rests_until{};
    };

    void look_at(caller& each, world::duration rest) {
        auto const now = world_.loop().now();
        if (each.call && each.call->done) {
            (each.call->error ? lost_ : answered_) += 1;
            each = {nullptr, now + rest};
        }
        if (!each.call && now >= each.rests_until) {
            each.call = client_.call(replay::method::len, {});
            if (each.call->done) {
                each = {nullptr, transport::runtime::time_point::max()};  // told at once
            }
        }
    }

    world& world_;
    our_client& client_;
    std::array<caller, 16> callers_;
    std::size_t answered_ = 0;
    std::size_t lost_ = 0;
};

// On virtual time only: whether a rest is over before the server is done depends on speed.
TEST_P(path, callers_of_one_client_lose_nothing_when_the_server_stops) {
    if (!GetParam().shape) {
        GTEST_SKIP() << "sockets have no virtual time";
    }
    auto const client = connect();
    restful_callers callers(*world_, *client);
    callers.run_for(200ms);
    EXPECT_GT(callers.answered(), 16U);
    EXPECT_EQ(callers.lost(), 0U);
    world_->server().drain();
    callers.run_for(3s);
    EXPECT_TRUE(client->ended());
    EXPECT_EQ(callers.lost(), 0U);
}

TEST_P(path, calls_pending_on_a_broken_link_are_lost) {
    auto const client = connect();
    auto const result = client->call(replay::method::len, {});
    client->cut();
    EXPECT_TRUE(world_->run_until([&] { return result->done && client->ended(); }, patience));
    EXPECT_TRUE(result->error);
    EXPECT_TRUE(server_is_empty());
}

TEST_P(path, silence_is_asked_about_and_then_ended) {
    auto const peer = connect_stranger();
    peer->answer_pings(false);
    auto const begun = world_->loop().now();
    EXPECT_TRUE(world_->run_until([&] { return !peer->control_frames().empty(); }, 2 * patience));
    auto const asked = world_->loop().now() - begun;
    EXPECT_EQ(peer->control_frames().front().code, op_ping);
    EXPECT_GE(asked, settings_.connection.ping_after * 9 / 10);
    EXPECT_TRUE(world_->run_until([&] { return peer->link().ended(); }, 2 * patience));
    auto const given_up = world_->loop().now() - begun;
    EXPECT_GE(given_up, settings_.connection.silence_timeout * 9 / 10);
    if (GetParam().shape) {
        EXPECT_LE(asked, settings_.connection.ping_after + 2s);
        EXPECT_LE(given_up, settings_.connection.silence_timeout + 4s);
    }
    EXPECT_TRUE(server_is_empty());
}

TEST_P(path, whoever_answers_pings_stays) {
    auto const peer = connect_stranger();
    auto const client = connect();
    world_->run_for(2 * settings_.connection.silence_timeout);
    EXPECT_FALSE(peer->link().ended());
    EXPECT_GE(peer->control_frames().size(), 2U);
    EXPECT_EQ(call(*client, replay::method::len, {}).status, replay::status::success);
}

INSTANTIATE_TEST_SUITE_P(everywhere, path, ::testing::ValuesIn(all_kinds()),
                         [](auto const& each) { return name_of(each.param); });

}  // namespace
}  // namespace trunkline::stage
