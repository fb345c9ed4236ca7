// A store served over WebSocket and bare streams: all of `trunkline serve` but the command line.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/logging/journal.hpp>
#include <trunkline/serve/options.hpp>
#include <trunkline/store/open_report.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace trunkline::server {

/// Goes through load_certificates(), listen(), open(), run(), in this order, once, on one thread.
/// Listening comes first, so that a port in use leaves the store as it was; connections wait until
/// run().
class store_server {
public:
    /// `settled` options have passed settle(). `log` outlives the server.
    store_server(serve_options const& settled, logging::journal const& log);
    ~store_server();
    store_server(store_server const&) = delete;
    store_server& operator=(store_server const&) = delete;

    /// Reads the files of the certificates, where the options name any: first before listen(), and
    /// again from any thread, when connections that come later are to have new ones. When a file is
    /// not right nothing changes; gives one line that says so, else nothing.
    [[nodiscard]] std::string load_certificates();

    /// Takes all endpoints. Fails with what the system or a transport says.
    [[nodiscard]] result<void> listen();

    /// Opens or makes the store. Fails as store::open; `report` is filled in both cases.
    [[nodiscard]] result<void> open(store::open_report& report);

    /// Serves on the threads of the options, the calling one among them, until request_stop().
    /// Then: no new connections, every received request is answered, each connection is closed as
    /// going away, what is left after the drain timeout is cut, writes that nobody waits for are
    /// done as far as that timeout allows, and the store is handed to the disk. Fails when that
    /// last step fails, or when the system has no threads left.
    [[nodiscard]] result<void> run();

    /// From any thread, at any time, any number of times.
    void request_stop();

    /// Valid after listen(), with real ports: "127.0.0.1:8080" for the one of --host and --port,
    /// URLs for the others. When listen() has failed, the last is the one that it failed on.
    [[nodiscard]] std::vector<std::string> const& endpoints() const noexcept;

    /// Of the first endpoint that has one; 0 when none has.
    [[nodiscard]] std::uint16_t port() const noexcept;

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace trunkline::server
