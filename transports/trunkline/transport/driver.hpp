// Joins one rpc::endpoint to one connection: the same state machine for every transport.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/rpc/endpoint.hpp>
#include <trunkline/transport/connection.hpp>
#include <trunkline/transport/runtime.hpp>

#include <functional>
#include <memory>

namespace trunkline::transport {

enum class connection_state : std::uint8_t {
    connecting,
    connected,
    disconnecting,
    disconnected,
    error
};

/// Reads into the thread's buffer, feeds the session, writes all that one batch of reads produced
/// with one gather write, keeps the link alive, applies backpressure, and fails what is pending
/// when the link ends. Single-threaded.
class driver final : private readiness_sink {
public:
    struct options {
        rpc::session_options session;
        connection_limits limits;
        bool keep_alive_probes = true;
    };

    /// Told on every change, `why` set for disconnected and error. After disconnected or error the
    /// observer may destroy the driver, also from inside the call.
    using observer = std::function<void(connection_state, error_code why)>;

    driver(runtime& loop, std::unique_ptr<connection> link, rpc::dispatcher const& methods,
           options const& settings, observer on_state);
    ~driver();
    driver(driver const&) = delete;
    driver& operator=(driver const&) = delete;

    /// Starts reading; reports connected.
    void start();

    /// Calls of ours go through here; flushed at the end of the current turn.
    [[nodiscard]] rpc::endpoint& peer() noexcept;

    /// No further request is read; what was received to its end is answered, then close(code,
    /// reason).
    void drain(close_code code, std::string_view reason);

    /// Orderly close now: pending calls are lost, unanswered ones cancelled.
    void close(close_code code, std::string_view reason);

    [[nodiscard]] connection_state state() const noexcept;
    [[nodiscard]] std::string peer_name() const;

private:
    void on_ready(bool readable, bool writable) override;

    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace trunkline::transport
