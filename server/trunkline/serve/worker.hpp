// One thread of the server: its loop, its listeners, its connections, and how they end.
#pragma once

#include <trunkline/logging/journal.hpp>
#include <trunkline/serve/connection_table.hpp>
#include <trunkline/serve/endpoint.hpp>
#include <trunkline/serve/options.hpp>
#include <trunkline/serving/connection_gate.hpp>
#include <trunkline/tls/context.hpp>
#include <trunkline/tls/tls_listener.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/websocket/context.hpp>
#include <trunkline/websocket/ws_listener.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::server {

/// What all threads of a server share; it outlives them.
struct shared_parts {
    serve_options const& options;
    logging::journal const& log;
    connection_gate& gate;
    std::optional<tls::context> const& certificates;  ///< there for "tls:" and "wss:"
};

class worker {
public:
    /// Throws boost::system::system_error when the system has no descriptors left.
    explicit worker(shared_parts const& shared);
    ~worker();
    worker(worker const&) = delete;
    worker& operator=(worker const&) = delete;

    /// Listens there, too, but accepts nothing before run().
    void listen(served_socket socket);

    /// The methods of its connections, to be filled before run(), and the world they live in.
    [[nodiscard]] rpc::dispatcher& methods() noexcept { return methods_; }
    [[nodiscard]] transport::runtime& loop() noexcept { return loop_; }

    /// Serves on the calling thread until stop() and until every connection has ended.
    void run();

    /// From any thread, at any time. No new connections; those that are there answer what they
    /// have received and close; what is left after the drain timeout is cut.
    void stop();

private:
    [[nodiscard]] websocket::listen_options listen_options(std::string ws_path, bool is_secure);
    [[nodiscard]] tls::listen_options tls_options();
    [[nodiscard]] std::unique_ptr<transport::byte_stream> admit(
        std::unique_ptr<transport::byte_stream> link);
    [[nodiscard]] std::unique_ptr<transport::byte_stream> encrypt(
        std::unique_ptr<transport::byte_stream> link);
    [[nodiscard]] link_maker links();
    void begin_stop();
    void wind_down();
    void cut();

    shared_parts shared_;
    transport::asio_runtime loop_;
    rpc::dispatcher methods_;
    websocket::context websockets_;
    connection_table connections_;
    std::vector<std::pair<link_kind, std::unique_ptr<transport::listener>>> listeners_;
    std::vector<websocket::ws_listener*> websocket_listeners_;  // of those
    std::unique_ptr<transport::timer> next_look_;
    std::unique_ptr<transport::timer> deadline_;
    bool stopping_ = false;
};

}  // namespace trunkline::server
