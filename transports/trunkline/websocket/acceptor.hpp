// Turns accepted byte streams into WebSocket connections: the server's side of the handshake, with
// its deadline.
#pragma once

#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/websocket/connection.hpp>
#include <trunkline/websocket/context.hpp>
#include <trunkline/websocket/upgrade.hpp>

#include <functional>
#include <list>
#include <memory>
#include <string>

namespace trunkline::websocket {

/// What was asked for in a handshake that is over.
struct accepted_request {
    std::size_t path_index = 0;  ///< which of upgrade_options::paths
    std::string target;          ///< with its query
};

/// Single-threaded. A refused peer gets its status and then the end of the stream; one that is not
/// through after context_options::handshake_timeout, counted from add() and not restarted by
/// bytes, gets 408 if it sent anything, and the end. A handshake holds at most http_head_size_max
/// bytes of its peer.
class acceptor {
public:
    using accepted =
        std::function<void(std::unique_ptr<connection> made, accepted_request const& asked)>;

    /// `shared` outlives it. `sink` is called from the loop or from inside add(); it may close or
    /// destroy the acceptor.
    acceptor(context& shared, upgrade_options options, accepted sink);
    ~acceptor();
    acceptor(acceptor const&) = delete;
    acceptor& operator=(acceptor const&) = delete;

    /// Starts the handshake on a fresh stream, or on one of which the bytes `received` have been
    /// read before; after close() the stream is dropped.
    void add(std::unique_ptr<transport::byte_stream> link, bytes_view received = {});

    /// Refuses (503) what is in its handshake, and everything that comes later.
    void close();

    /// Handshakes under way.
    [[nodiscard]] std::size_t pending() const noexcept { return handshakes_.size(); }

private:
    class handshake;

    context& shared_;
    upgrade_options options_;
    std::shared_ptr<accepted> sink_;  // kept alive while it is called
    std::list<handshake> handshakes_;
    bool closed_ = false;
};

}  // namespace trunkline::websocket
