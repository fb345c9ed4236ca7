// A server with a well-behaved client beside its attackers: whatever they do, that client goes on.
#pragma once

#include <hostile/attack.hpp>
#include <stage/rpc_peer.hpp>
#include <stage/stage.hpp>
#include <trunkline/frame/header.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace trunkline::hostile {

/// Where the server runs.
enum class ground : std::uint8_t { simulated, sockets };

/// One way of running every table.
struct battlefield {
    ground on = ground::simulated;
    frame::layout layout = frame::layout::b;
};

[[nodiscard]] std::string name_of(battlefield const& field);
[[nodiscard]] std::vector<battlefield> all_battlefields();

class besieged_server {
public:
    /// Time limits are divided by `hurry`, so that sockets need not wait as long as virtual time
    /// can.
    explicit besieged_server(battlefield const& field, int hurry = 1);

    [[nodiscard]] stage::world& world() noexcept { return *world_; }
    [[nodiscard]] connection_limits const& limits() const noexcept { return settings_.connection; }

    /// A connection to do with as one likes.
    [[nodiscard]] std::unique_ptr<stage::rpc_peer> connect();

    /// The same after the upgrade, with one call answered.
    [[nodiscard]] std::unique_ptr<stage::rpc_peer> connect_and_call();

    /// The well-behaved client calls and must be answered.
    void expect_service();

    /// Runs until the peer stands as `wanted`, or for long enough to see that it never will.
    void wait_for(stage::rpc_peer& peer, ending const& wanted);

    /// Runs one attack of a table.
    void withstand(attack const& each);

private:
    [[nodiscard]] bool answered(stage::rpc_peer& peer, std::uint32_t request_id);

    battlefield field_;
    stage::server_settings settings_;
    std::unique_ptr<stage::world> world_;
    std::unique_ptr<stage::rpc_peer> friend_;
    std::uint32_t next_call_ = 1;
};

}  // namespace trunkline::hostile
