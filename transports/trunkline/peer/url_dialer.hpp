// Dials an endpoint by the transport that its scheme names.
#pragma once

#include <trunkline/tls/context.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/network.hpp>
#include <trunkline/websocket/context.hpp>
#include <trunkline/websocket/ws_dialer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::peers {

/// "ws://host:port/path", "wss://host:port/path", "tcp://host:port", "tls://host:port",
/// "unix:/path", "unix:@name", and what a network of the program knows.
/// Single-threaded; outlives the connections that it made.
class url_dialer final : public transport::dialer {
public:
    /// All else, and without `sockets` everything, is dialled by `beside`, if there is one, and
    /// fails with invalid_endpoint if not. `trust` is for "tls:" and "wss:"; without it servers are
    /// trusted as the system does, and a dial fails where that cannot be found out.
    url_dialer(transport::runtime& loop, transport::asio_runtime* sockets,
               transport::network* beside, websocket::context_options const& options,
               std::optional<tls::context> trust);

    void dial(std::string_view url, dialed done) override;

    /// Whether its handshake asks for the subprotocol of its options. A network beside knows of no
    /// options.
    [[nodiscard]] bool asks_in_handshake(std::string_view url) const;

private:
    [[nodiscard]] result<transport::dialer*> dialer_of(std::string_view scheme);
    [[nodiscard]] result<tls::context> trust();
    [[nodiscard]] result<websocket::ws_dialer::link> encrypt(websocket::ws_dialer::link socket,
                                                             std::string const& host);

    transport::runtime& loop_;
    transport::asio_runtime* sockets_;
    std::optional<tls::context> trust_;
    std::unique_ptr<websocket::context> websockets_;
    std::unique_ptr<transport::dialer> ws_;
    std::unique_ptr<transport::dialer> tcp_;
    std::unique_ptr<transport::dialer> tls_;
    std::unique_ptr<transport::dialer> unix_;
    std::unique_ptr<transport::dialer> beside_;
};

}  // namespace trunkline::peers
