// Dials ws:// URLs over TCP.
#pragma once

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/listener.hpp>
#include <trunkline/websocket/context.hpp>

#include <list>

namespace trunkline::websocket {

/// Single-threaded. A dial (connect and handshake together) has context_options::handshake_timeout.
class ws_dialer final : public transport::dialer {
public:
    /// `shared` was made on `loop`; both outlive the dialer.
    ws_dialer(context& shared, transport::asio_runtime& loop);
    ~ws_dialer() override;
    ws_dialer(ws_dialer const&) = delete;
    ws_dialer& operator=(ws_dialer const&) = delete;

    /// Fails with transport_error::invalid_endpoint, host_not_found for names that are neither an
    /// address nor "localhost", the system's error of the connect,
    /// transport_error::handshake_timeout, an upgrade_error, or transport_error::link_lost.
    void dial(std::string_view url, dialed done) override;

private:
    class attempt;

    context& shared_;
    transport::asio_runtime& loop_;
    std::list<attempt> attempts_;
};

}  // namespace trunkline::websocket
