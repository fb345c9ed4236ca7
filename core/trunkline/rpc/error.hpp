// Errors of the RPC layer.
#pragma once

#include <trunkline/base/result.hpp>

#include <type_traits>

namespace trunkline::rpc {

/// Why a call, or a whole connection, failed below the handlers.
enum class rpc_error {
    frame_too_large = 1,       ///< a header declares more payload than the limit
    held_too_much,             ///< the connection's bound on held bytes is reached
    too_many_protocol_errors,  ///< skipped frames above their limit
    out_of_memory,
    message_too_large,   ///< one RPC message is above its limit
    metadata_too_large,  ///< above 65535 bytes, or fields above extension::header_size_max
    too_many_streams,
    too_many_calls,
    sequence_gap,  ///< out-of-order frames above their limit
    bad_message_type,
    cancelled_by_peer,
    not_connected,
    connection_lost,  ///< the connection ended before the answer
    unknown_call,     ///< a part or an end for a call that is not open
    no_layout,        ///< the peer answers in neither header layout
    queue_full,       ///< what waits for the peer is above its limit
    not_extended,     ///< what was asked for needs a peer that agrees to the extension
    bad_fields,       ///< a call came with a header that cannot be read
    beyond_credit,    ///< the peer sent more on a stream than was granted
    peer_going_away,  ///< the peer takes no more calls; this one was not begun
    deadline_passed,  ///< the time of the call had passed before the peer had an answer
    call_refused,     ///< the peer has done nothing of the call; it may be made again
    bad_check,        ///< a checked frame is not the one that was sent
    not_checked,      ///< checks were asked for, and the peer does not do them
};

/// Any thread.
[[nodiscard]] error_code make_error_code(rpc_error error) noexcept;

/// Whether the peer has said that it has done nothing of a call, and will not.
[[nodiscard]] bool is_refusal(error_code error) noexcept;

}  // namespace trunkline::rpc

template <>
struct boost::system::is_error_code_enum<trunkline::rpc::rpc_error> : std::true_type {};
