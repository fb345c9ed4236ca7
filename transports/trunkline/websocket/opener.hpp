// The client's side of the WebSocket handshake over a connected byte stream.
#pragma once

#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/socket_dialer.hpp>
#include <trunkline/websocket/connection.hpp>
#include <trunkline/websocket/context.hpp>
#include <trunkline/websocket/upgrade.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace trunkline::websocket {

/// Single-threaded. Has no deadline of its own: its owner has one for the whole dial. Destroying it
/// drops the stream; `done` is then not called.
class opener final : public transport::pending_connection, private transport::readiness_sink {
public:
    using opened = std::function<void(result<std::unique_ptr<connection>>)>;

    /// `shared` outlives it. `done` is called once, from the loop; it may destroy the opener. Fails
    /// with an upgrade_error, transport_error::link_lost, or an error of the link.
    opener(context& shared, ws_url const& url, std::unique_ptr<transport::byte_stream> link,
           opened done);
    opener(opener const&) = delete;
    opener& operator=(opener const&) = delete;

private:
    void on_ready(bool readable, bool writable) override;
    bool ask();
    void read();
    std::unique_ptr<connection> open(bytes_view early_input);
    void finish(result<std::unique_ptr<connection>> made);

    context& shared_;
    std::unique_ptr<transport::byte_stream> link_;
    client_upgrade upgrade_;
    opened done_;
    std::size_t sent_ = 0;
};

}  // namespace trunkline::websocket
