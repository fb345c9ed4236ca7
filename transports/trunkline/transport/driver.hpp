// Joins one rpc::endpoint to one connection: the same state machine for every transport.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/rpc/endpoint.hpp>
#include <trunkline/transport/connection.hpp>
#include <trunkline/transport/runtime.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace trunkline::transport {

/// connecting, connected, then disconnecting or not, then disconnected or error; never back.
enum class connection_state : std::uint8_t {
    connecting,     ///< made, not started
    connected,      ///< calls travel both ways
    disconnecting,  ///< drained or closed, by whom ever; no new calls
    disconnected,   ///< ended in order, by this side or by the peer
    error           ///< ended otherwise
};

/// What is left of a driver on whose connection nothing goes on.
struct folded_driver {
    rpc::folded_session session;     ///< of its endpoint
    runtime::time_point last_heard;  ///< of the peer
    std::uint8_t probes_sent = 0;    ///< since then
    bool keeps_alive = false;        ///< probes a silent peer
};

/// Reads into the thread's buffer, feeds the session, writes all that one batch of reads produced
/// with one gather write, keeps the link alive, applies backpressure, and fails what is pending
/// when the link ends. Single-threaded.
class driver final {
public:
    /// What a driver is made with.
    struct options {
        rpc::session_options session;  ///< message_borders is taken from the connection
        connection_limits limits;      ///< times of silence, stall and close
        /// Probe a silent peer and close when it stays silent; without effect where the connection
        /// has no probe.
        bool keep_alive_probes = true;
    };

    /// Told on every change, `why` set for disconnected and error. After disconnected or error the
    /// observer may destroy the driver, also from inside the call.
    using observer = std::function<void(connection_state, error_code why)>;

    /// `loop` and `methods` outlive the driver.
    driver(runtime& loop, std::unique_ptr<connection> link, rpc::dispatcher const& methods,
           options const& settings, observer on_state);

    /// Goes on in place of a driver that was folded, with the same loop, methods and settings;
    /// `link` was made anew over its stream. Connected from the beginning, without a report;
    /// start() reads at once.
    driver(runtime& loop, std::unique_ptr<connection> link, rpc::dispatcher const& methods,
           options const& settings, observer on_state, folded_driver const& from);

    /// Ends the link at once, without a word to the peer. Pending calls of ours fail first, the
    /// observer is not told. Safe from inside every callback of this driver and its endpoint.
    ~driver();
    driver(driver const&) = delete;
    driver& operator=(driver const&) = delete;

    /// Starts reading; reports connected.
    void start();

    /// Calls of ours go through here; flushed at the end of the current turn.
    [[nodiscard]] rpc::endpoint& peer() noexcept;

    /// Ends the connection without leaving a request unanswered, as published peers wait for
    /// answers that never come. Answers wait until the peer has been silent for
    /// limits.drain_quiet, at most twice that, or until they pass a mark; then they go out together
    /// with a close as by close(). A peer that is owed nothing is closed after the same silence.
    /// Reports disconnecting. Nothing after close(). There is no deadline: the caller sets one and
    /// calls close().
    void drain(close_code code, std::string_view reason);

    /// Orderly close now: calls are lost or cancelled, what was queued goes out; events that await
    /// the layout as soon as the peer speaks, within half of the time. Reports disconnecting, and
    /// disconnected when the peer has ended, too, at the latest after limits.close_timeout.
    void close(close_code code, std::string_view reason);

    /// What on_state was told last.
    [[nodiscard]] connection_state state() const noexcept;

    /// The peer as text; empty once disconnected or error has been reported.
    [[nodiscard]] std::string peer_name() const;

    /// Which process the peer is (byte_stream::credentials); empty once that has been reported.
    [[nodiscard]] std::optional<peer_credentials> credentials() const;

    /// Whom the peer's certificate names (byte_stream::certificate); likewise.
    [[nodiscard]] std::optional<peer_certificate> certificate() const;

    /// What the peer gave as reason when it closed; for observers that are told of the end. Empty
    /// where this side closed, or the peer gave none: it can where connection::farewell() tells
    /// of it, or by the extension (extension/FORMAT.md, "Go away").
    [[nodiscard]] std::optional<close_reason> farewell() const;

    /// When anything was last heard of the peer.
    [[nodiscard]] runtime::time_point last_heard() const noexcept;

    /// Looks after the peer now, as it does by itself from time to time: probes one that is silent,
    /// ends what has been silent for too long.
    void look();

    // Folding: an idle connection without any of its objects
    // --------------------------------------------------------------------------------------------

    /// What fold() gives.
    struct folded {
        folded_driver rest;                 ///< for the driver that goes on
        std::unique_ptr<byte_stream> link;  ///< to be made a connection again
    };

    /// Takes the driver apart where nothing goes on: connected, with no call either way, nothing
    /// received in part, held, queued or planned. The driver is to be destroyed then; its observer
    /// is told nothing. Empty, and nothing done, at any other moment. Not from inside its
    /// callbacks.
    [[nodiscard]] std::optional<folded> fold();

    /// When somebody has to look() after a folded connection: another driver made from it.
    [[nodiscard]] static runtime::time_point look_due(folded_driver const& what,
                                                      connection_limits const& limits) noexcept;

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace trunkline::transport
