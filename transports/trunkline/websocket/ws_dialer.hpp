// Dials ws:// and wss:// URLs over TCP.
#pragma once

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/socket_dialer.hpp>
#include <trunkline/websocket/context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace trunkline::websocket {

/// Single-threaded. A dial (connect and handshakes together) has
/// context_options::handshake_timeout.
class ws_dialer final : public transport::dialer {
public:
    /// A byte stream, owned.
    using link = std::unique_ptr<transport::byte_stream>;
    /// What goes between the socket and the handshake of a "wss:" URL with that host.
    using encryption = std::function<result<link>(link socket, std::string const& host)>;

    /// `shared` was made on `loop`; both outlive the dialer. Without `encrypt` there is no "wss:".
    ws_dialer(context& shared, transport::asio_runtime& loop, encryption encrypt = {});

    /// Fails with transport_error::invalid_endpoint, host_not_found for names that are neither an
    /// address nor "localhost", the system's error of the connect,
    /// transport_error::handshake_timeout, an upgrade_error, transport_error::link_lost, or what
    /// the encryption says.
    void dial(std::string_view url, dialed done) override { by_.dial(url, std::move(done)); }

private:
    transport::socket_dialer by_;
};

}  // namespace trunkline::websocket
