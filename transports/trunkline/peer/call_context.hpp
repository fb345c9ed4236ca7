// What a handler is told of the call that it serves.
#pragma once

#include <trunkline/base/heap_cost.hpp>
#include <trunkline/peer/call_fields.hpp>
#include <trunkline/peer/line_access.hpp>
#include <trunkline/peer/peer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string_view>

namespace trunkline {

/// The call that a handler serves. A value, valid as long as anybody keeps it, on any thread.
struct call_context {
    peer caller;                  ///< call it, also before answering
    std::uint64_t method_id = 0;  ///< as the wire has it
    std::string_view method;      ///< its name
    std::uint32_t request_id =
        0;  ///< of the connection; used again once the call has been answered

    /// When the handler is stopped and the call answered with status 2: the request_timeout of this
    /// side, or sooner, when nobody waits any more, where the caller is a Trunkline peer that says
    /// so. Empty without either. In virtual time where the connection is.
    std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt;

    /// Stopped when nobody waits for the answer any more: the connection has ended, the deadline
    /// has passed, or the caller has given the call up and could say so. Callbacks
    /// (std::stop_callback) run on the connection's thread and must not throw. Of an inline handler
    /// it is never stopped: nothing else happens while it runs.
    std::stop_token stop = {};

    /// What the caller gave with the call (call_options::metadata); empty of published callers.
    call_metadata metadata = {};

    /// The trace that the caller gave with the call (call_options::trace).
    std::optional<trace_context> trace = std::nullopt;

    /// Unique among the connections of one server.
    [[nodiscard]] std::uint64_t connection_id() const noexcept { return caller.id(); }

    /// Which process calls, where the system vouches for that (peer::credentials).
    [[nodiscard]] std::optional<transport::peer_credentials> credentials() const {
        return caller.credentials();
    }

    /// Whom the certificate of the caller names, where it had to show one (peer::certificate).
    [[nodiscard]] std::optional<transport::peer_certificate> certificate() const {
        return caller.certificate();
    }

    /// For calls that are made for this one: call_options{.on_behalf_of = context}.
    [[nodiscard]] operator call_parent() const { return {stop, deadline, trace}; }

    /// Nobody waits for the answer any more.
    [[nodiscard]] bool cancelled() const noexcept {
        return stop.stop_requested() || !caller.is_connected();
    }
};

namespace peers {

/// Where a handler is called: on the thread of the line.
[[nodiscard]] inline line& line_of(rpc::request const& call) noexcept {
    return *static_cast<line*>(call.owner);
}

/// How long the handler of a call may take: what its server gives it (zero: any time), or what is
/// left of the time of its caller when that is less. Empty: any time.
struct handler_time {
    std::optional<transport::runtime::duration> left;
    bool is_callers = false;  ///< of the two the caller's
};
[[nodiscard]] inline handler_time time_for(rpc::request const& call,
                                           std::chrono::milliseconds request_timeout) noexcept {
    constexpr std::uint64_t much_us = 1ULL << 50;  // 35 years: fits into every clock
    handler_time time;
    if (request_timeout.count() != 0) {
        time.left = request_timeout;
    }
    if (call.fields != nullptr && call.fields->timeout_us) {
        auto const left = std::chrono::microseconds(std::min(*call.fields->timeout_us, much_us));
        if (!time.left || left < *time.left) {
            time = {left, true};
        }
    }
    return time;
}

/// What the metadata of a call takes while its handler has them: keys with values.
template <class Entries>
[[nodiscard]] std::size_t metadata_cost(Entries const& all) noexcept {
    std::size_t cost = 0;
    for (auto const& [key, value] : all) {
        cost += 2 * sizeof(call_metadata::entry) + heap_cost(key.size()) + heap_cost(value.size());
    }
    return cost;
}

[[nodiscard]] inline call_context context_of(rpc::request const& call, std::string_view method) {
    line& on = line_of(call);
    call_context made{line_access::handle_of(on.shared_from_this()), call.method_id, method,
                      call.request_id};
    if (auto const time = time_for(call, on.request_timeout()).left) {
        made.deadline = on.where().loop().now() + *time;
    }
    if (call.fields != nullptr) {
        made.metadata = metadata_of(*call.fields);
        made.trace = call.fields->trace;
    }
    return made;
}

}  // namespace peers
}  // namespace trunkline
