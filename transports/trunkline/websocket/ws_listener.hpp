// Listens for WebSocket connections on a TCP port.
#pragma once

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/tcp_listen.hpp>
#include <trunkline/websocket/acceptor.hpp>
#include <trunkline/websocket/context.hpp>
#include <trunkline/websocket/echo_room.hpp>

#include <functional>
#include <memory>
#include <string>

namespace trunkline::websocket {

/// How a WebSocket server listens.
struct listen_options {
    std::string scheme = "ws";      ///< of the endpoint; "wss" where `admit` encrypts
    std::string path = "/ws";       ///< of RPC connections
    std::string echo_path;          ///< of the echo endpoint; empty: there is none
    bool host_required = true;      ///< refuse requests without a Host field
    connection_limits echo_limits;  ///< times of echo connections
    /// Asked for every stream before its handshake: gives it back, maybe wrapped, or null to refuse
    /// it. Empty: all are welcome.
    std::function<std::unique_ptr<transport::byte_stream>(std::unique_ptr<transport::byte_stream>)>
        admit;
};

/// Single-threaded: one per thread, each with its own socket of the group from listen_tcp().
class ws_listener final : public transport::listener {
public:
    /// `shared` was made on `loop`; both outlive the listener.
    ws_listener(context& shared, transport::asio_runtime& loop, transport::listening_socket socket,
                listen_options options);
    ws_listener(ws_listener const&) = delete;
    ws_listener& operator=(ws_listener const&) = delete;

    void start(accepted sink) override;

    /// As transport::listener; also says goodbye to echo connections.
    void close() override;

    [[nodiscard]] std::string endpoint() const override;

    /// Handshakes and echo connections: what the sink does not know of.
    [[nodiscard]] std::size_t unseen_connections() const noexcept {
        return acceptor_.pending() + echo_.size();
    }

private:
    void on_connection(std::unique_ptr<connection> made, std::size_t path_index);

    listen_options options_;
    std::shared_ptr<accepted> sink_;  // kept alive while it is called
    acceptor acceptor_;
    echo_room echo_;
    transport::socket_acceptor tcp_;
};

}  // namespace trunkline::websocket
