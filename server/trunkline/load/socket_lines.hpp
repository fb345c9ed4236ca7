// Connections over TCP, from as many addresses of this machine as it takes.
#pragma once

#include <trunkline/load/line_source.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/socket_address.hpp>
#include <trunkline/websocket/context.hpp>
#include <trunkline/websocket/ws_dialer.hpp>
#include <trunkline/websocket/ws_url.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace trunkline::load {

/// Connections that one address of this side has to one address of the other: fewer than the ports
/// that systems give out by default (28,232 on Linux).
inline constexpr std::size_t connections_per_address = 16'384;

/// Addresses of this side at most: 127.0.0.1 to 127.0.0.250.
inline constexpr std::size_t source_addresses_max = 250;

/// How many addresses `connections` to `target` come from where nobody says: one, and more only on
/// loopback, where each is as good as any other.
[[nodiscard]] std::size_t source_addresses_for(transport::socket_address const& target,
                                               std::size_t connections) noexcept;

/// To one "ws:" or "wss:" URL.
class socket_lines final : public line_source {
public:
    /// What is asked for by the connection of that number, in place of the target of the URL.
    using target_of = std::function<std::string(std::size_t number)>;

    /// `url` was read by parse_ws_url(). `shared` was made on `loop`; both outlive it. Fails with
    /// host_not_found, and with invalid_endpoint where it is "wss:" and there is no `encrypt`.
    [[nodiscard]] static result<std::unique_ptr<socket_lines>> make(
        transport::asio_runtime& loop, websocket::context& shared, websocket::ws_url url,
        std::size_t source_addresses, websocket::ws_dialer::encryption encrypt = {});

    /// Where it connects to.
    [[nodiscard]] transport::socket_address const& server() const noexcept {
        return addresses_.front();
    }

    /// Comes from so many addresses from now on, in turns.
    void come_from(std::size_t source_addresses) { source_addresses_ = source_addresses; }

    /// Asks for `each` from now on.
    void ask_for(target_of each) { target_of_ = std::move(each); }

    [[nodiscard]] std::unique_ptr<transport::pending_connection> open(std::size_t number,
                                                                      opened done) override;

private:
    class attempt;
    socket_lines(transport::asio_runtime& loop, websocket::context& shared, websocket::ws_url url,
                 std::vector<transport::socket_address> addresses, std::size_t source_addresses,
                 websocket::ws_dialer::encryption encrypt);
    [[nodiscard]] transport::socket_address source(std::size_t number) const;

    transport::asio_runtime& loop_;
    websocket::context& shared_;
    websocket::ws_url url_;
    std::vector<transport::socket_address> addresses_;
    std::size_t source_addresses_;
    websocket::ws_dialer::encryption encrypt_;
    target_of target_of_;
};

}  // namespace trunkline::load
