// One thread of the server: its loop, its listener, its connections, and how they end.
#pragma once

#include <trunkline/logging/journal.hpp>
#include <trunkline/serve/connection_gate.hpp>
#include <trunkline/serve/connection_table.hpp>
#include <trunkline/serve/options.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/tcp_listen.hpp>
#include <trunkline/websocket/context.hpp>
#include <trunkline/websocket/ws_listener.hpp>

#include <memory>

namespace trunkline::server {

/// What all threads of a server share; it outlives them.
struct shared_parts {
    serve_options const& options;
    logging::journal const& log;
    connection_gate& gate;
};

class worker {
public:
    /// Listens, but accepts nothing before run(). Throws boost::system::system_error when the
    /// system has no descriptors left.
    worker(shared_parts const& shared, transport::listening_socket socket);
    ~worker();
    worker(worker const&) = delete;
    worker& operator=(worker const&) = delete;

    /// The methods of its connections, to be filled before run(), and the world they live in.
    [[nodiscard]] rpc::dispatcher& methods() noexcept { return methods_; }
    [[nodiscard]] transport::runtime& loop() noexcept { return loop_; }

    /// Serves on the calling thread until stop() and until every connection has ended.
    void run();

    /// From any thread, at any time. No new connections; those that are there answer what they
    /// have received and close; what is left after the drain timeout is cut.
    void stop();

private:
    [[nodiscard]] websocket::listen_options listen_options();
    [[nodiscard]] link_maker links();
    void begin_stop();
    void wind_down();
    void cut();

    shared_parts shared_;
    transport::asio_runtime loop_;
    rpc::dispatcher methods_;
    websocket::context websockets_;
    connection_table connections_;
    websocket::ws_listener listener_;
    std::unique_ptr<transport::timer> next_look_;
    std::unique_ptr<transport::timer> deadline_;
    bool stopping_ = false;
};

}  // namespace trunkline::server
