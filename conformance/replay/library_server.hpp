// The library's own server in the place of a recorded one: rpc_server, its driver and a link in
// memory.
#pragma once

#include <replay/served_connection.hpp>
#include <trunkline/memory/hub.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace trunkline::replay {

/// One server with one client, whose bytes are the recorded ones. The link keeps the borders of
/// messages, so they come as recorded only.
class library_server final : public stand_in {
public:
    /// `serve` puts the methods into the server's table.
    explicit library_server(std::function<void(rpc::dispatcher&)> const& serve);

    [[nodiscard]] rpc::endpoint& peer() override;
    [[nodiscard]] byte_string const& sent() override;
    [[nodiscard]] error_code ended() const noexcept override { return ended_; }
    void end() override;

private:
    void deliver(bytes_view bytes, bool ends_message) override;
    void read();

    memory::hub names_;
    transport::simulated_runtime loop_;
    std::optional<rpc_server> server_;
    trunkline::peer client_;
    std::unique_ptr<transport::connection> link_;
    byte_string sent_;
    error_code ended_;
};

}  // namespace trunkline::replay
