// What a caller can ask of one call.
#pragma once

#include <trunkline/peer/call_metadata.hpp>

#include <chrono>
#include <optional>
#include <stop_token>

namespace trunkline {

/// What calls of a client wait for their answers unless it was built otherwise.
inline constexpr std::chrono::milliseconds default_call_timeout{30'000};

/// The call for which another one is made: what a call_context gives where one is asked for. A
/// value.
struct call_parent {
    /// Stopped when nobody waits for its answer any more.
    std::stop_token stop = {};
    /// When it ends; empty where it has no end.
    std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt;
    /// That of the call, where its caller gave one.
    std::optional<trace_context> trace = std::nullopt;
};

/// A value; what is left out is as the client or server was built.
struct call_options {
    /// From the moment the connection's thread takes the call, whatever it waits for: a connection,
    /// its turn, the answer. Then it fails with deadline_passed and the peer is told that nobody
    /// waits. Zero: no deadline. Negative: one that has passed; nothing is sent.
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;

    /// The call does no harm when it is done twice. A client that reconnects makes it again when
    /// the connection is lost before the answer, within its deadline and retry_options. Of a stream
    /// it means nothing.
    bool repeatable = false;

    /// The context of the handler that makes the call: it is given up when that one's call is, ends
    /// at its deadline at the latest, and has its trace unless `trace` says otherwise.
    std::optional<call_parent> on_behalf_of = std::nullopt;

    /// What the handler is to have beside the request (call_context::metadata). Where the peer has
    /// not agreed to the extension the call fails at once with rpc_error::not_extended: nothing is
    /// left out silently. Fails with rpc_error::metadata_too_large above the limits of
    /// call_metadata. In both cases nothing has been sent.
    call_metadata metadata = {};

    /// The trace that the handler is to see (call_context::trace). To a peer that has not agreed to
    /// the extension the call goes without it.
    std::optional<trace_context> trace = std::nullopt;
};

}  // namespace trunkline
