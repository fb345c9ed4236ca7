// Errors of the transport layer.
#pragma once

#include <trunkline/base/result.hpp>

#include <type_traits>

namespace trunkline::transport {

/// Why there is no connection, or no longer.
enum class transport_error {
    silent_peer = 1,  ///< no byte for the silence timeout
    write_stalled,    ///< the peer took nothing for the stall timeout
    handshake_timeout,
    handshake_refused,  ///< the peer answered, but not with an agreement
    protocol_error,     ///< the peer broke the transport's own protocol
    message_too_big,
    invalid_endpoint,
    closed,          ///< closed by us
    closed_by_peer,  ///< an orderly end
    link_lost,       ///< ended without an orderly close
    too_many_connections,
    path_too_long,     ///< of a Unix socket: more than the system has room for
    not_a_socket,      ///< there is a file of another kind at the path of a Unix socket
    no_certificate,    ///< the endpoint is one of TLS, and the server was given no certificate
    rejected_by_peer,  ///< closed by the peer for what this side did or is
};

/// Any thread.
[[nodiscard]] error_code make_error_code(transport_error error) noexcept;

}  // namespace trunkline::transport

template <>
struct boost::system::is_error_code_enum<trunkline::transport::transport_error> : std::true_type {};
