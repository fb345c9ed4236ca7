#include <hostile/besieged.hpp>

#include <gtest/gtest.h>

namespace trunkline::hostile {
namespace {

using namespace std::chrono_literals;

// Far above what anything takes; only a test that fails waits so long.
constexpr stage::world::duration patience = 30s;

template <class Duration>
void hasten(Duration& limit, int factor) {
    limit = limit / factor;
}

stage::server_settings hurried(int factor) {
    stage::server_settings settings;
    hasten(settings.connection.handshake_timeout, factor);
    hasten(settings.connection.ping_after, factor);
    hasten(settings.connection.silence_timeout, factor);
    hasten(settings.connection.write_stall_timeout, factor);
    return settings;
}

}  // namespace

std::string name_of(battlefield const& field) {
    return std::string(field.on == ground::simulated ? "simulated" : "sockets") +
           (field.layout == frame::layout::a ? "_a" : "_b");
}

std::vector<battlefield> all_battlefields() {
    return {{ground::simulated, frame::layout::a},
            {ground::simulated, frame::layout::b},
            {ground::sockets, frame::layout::a},
            {ground::sockets, frame::layout::b}};
}

besieged_server::besieged_server(battlefield const& field, int hurry)
    : field_(field), settings_(hurried(hurry)) {
    if (field.on == ground::simulated) {
        world_ = std::make_unique<stage::simulated_world>(settings_);
    } else {
        world_ = std::make_unique<stage::socket_world>(settings_);
    }
    friend_ = connect();
    friend_->upgrade();
}

std::unique_ptr<stage::rpc_peer> besieged_server::connect() {
    return std::make_unique<stage::rpc_peer>(world_->connect(), field_.layout);
}

std::unique_ptr<stage::rpc_peer> besieged_server::connect_and_call() {
    auto peer = connect();
    peer->upgrade();
    send_good_call(*peer, first_call);
    EXPECT_TRUE(answered(*peer, first_call));
    return peer;
}

bool besieged_server::answered(stage::rpc_peer& peer, std::uint32_t request_id) {
    return world_->run_until([&] { return peer.answer(request_id).has_value(); }, patience);
}

void besieged_server::expect_service() {
    std::uint32_t const call = next_call_++;
    send_good_call(*friend_, call);
    ASSERT_TRUE(answered(*friend_, call)) << "a well-behaved client is not served any more";
    EXPECT_EQ(friend_->answer(call)->status(), 0);
    EXPECT_EQ(friend_->faults(), 0U);
    EXPECT_FALSE(friend_->link().ended());
}

void besieged_server::wait_for(stage::rpc_peer& peer, ending const& wanted) {
    world_->run_until([&] { return ending_of(peer) == wanted; }, patience);
    // What should not come has time to come: these calls are made after it.
    expect_service();
    expect_service();
    EXPECT_EQ(ending_of(peer), wanted);
    EXPECT_EQ(peer.faults(), 0U);
}

void besieged_server::withstand(attack const& each) {
    SCOPED_TRACE(each.name);
    expect_service();
    auto const attacker = connect_and_call();
    each.act(*attacker);
    expect_service();
    wait_for(*attacker, each.expected);
}

}  // namespace trunkline::hostile
