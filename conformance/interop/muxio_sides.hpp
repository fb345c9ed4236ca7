// Our library as the peer of a published muxio program (rust/muxio.rs), or of itself.
#pragma once

#include <interop/muxio_handlers.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/peer/rpc_server.hpp>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace trunkline::interop {

struct turn;

/// Serves on one URL and takes turns with its clients.
class muxio_server {
public:
    /// Throws std::runtime_error when it cannot listen there.
    explicit muxio_server(std::string const& url);
    muxio_server(muxio_server const&) = delete;
    muxio_server& operator=(muxio_server const&) = delete;
    ~muxio_server();

    /// Where it listens, with the port that the system chose for port 0.
    [[nodiscard]] std::string const& url() const { return server_->endpoints().front(); }

private:
    void start(turn what);

    sightings seen_;
    std::optional<rpc_server> server_;  // set before any client knows where it is
    std::mutex mutex_;
    std::vector<std::thread> turns_;
};

/// Calls the server at `url`, then has it call back, then, when `together`, both at once. What
/// either side did: WHO|KIND|HOW MANY. Throws std::runtime_error with what differed.
[[nodiscard]] std::vector<std::string> take_turns(std::string const& url, frame::layout layout,
                                                  bool together);

/// Finds out which header layout the server at `url` speaks, from either one tried first, and takes
/// the client's turn with it each time. What was done: WHO|KIND|HOW MANY. Throws std::runtime_error
/// with what differed.
[[nodiscard]] std::string find_layout(std::string const& url);

/// A stream is under way, and `begun()` is called; then the server goes, and the stream fails,
/// once. Throws std::runtime_error when it does not.
void lose_stream(std::string const& url, frame::layout layout, std::function<void()> const& begun);

}  // namespace trunkline::interop
