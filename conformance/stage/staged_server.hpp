// All of the server above the sockets: a fresh store, its methods, WebSocket, connections.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/logging/journal.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/serve/connection_table.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/runtime.hpp>
#include <trunkline/transport/stream_connection.hpp>
#include <trunkline/websocket/acceptor.hpp>
#include <trunkline/websocket/context.hpp>

#include <cstdint>
#include <memory>

namespace trunkline::stage {

struct server_settings {
    std::uint32_t alignment = 64;
    session_limits session;
    connection_limits connection;
};

/// Lives on the thread of `loop`. The store is gone with it.
class staged_server {
public:
    staged_server(transport::runtime& loop, server_settings const& settings);

    /// Takes a fresh link, as from a listening socket.
    void accept(std::unique_ptr<transport::byte_stream> link) { acceptor_.add(std::move(link)); }

    /// The same for one that brings bare frames.
    void accept_bare(std::unique_ptr<transport::byte_stream> link) {
        table_.add(std::make_unique<transport::stream_connection>(std::move(link)),
                   server::link_kind::stream);
    }

    /// What it serves.
    [[nodiscard]] store::store& data() noexcept { return *store_; }

    /// Answers what it has received and says goodbye, as a server that stops.
    void drain() { table_.drain(); }

    /// Connections whose handshake is done.
    [[nodiscard]] std::size_t connections() const noexcept { return table_.size(); }

    /// Those of them that are folded.
    [[nodiscard]] std::size_t folded() const noexcept { return table_.folded(); }

private:
    scratch_folder folder_;
    std::unique_ptr<store::store> store_;
    rpc::dispatcher methods_;
    logging::journal log_;
    websocket::context context_;
    server::connection_table table_;
    websocket::acceptor acceptor_;
};

}  // namespace trunkline::stage
