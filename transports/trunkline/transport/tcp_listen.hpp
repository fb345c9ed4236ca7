// Listening TCP sockets: one per thread on the same port.
#pragma once

#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/socket_acceptor.hpp>
#include <trunkline/transport/socket_address.hpp>
#include <trunkline/transport/socket_listener.hpp>

#include <cstddef>
#include <vector>

namespace trunkline::transport {

/// `count` (>= 1) sockets that listen on one address, between which the kernel spreads incoming
/// connections. Port 0 takes a free one, the same for all. Fails with address_in_use when anybody
/// else listens there, also another group, and with what the system says. IPv6 sockets take IPv6
/// only.
[[nodiscard]] result<std::vector<listening_socket>> listen_tcp(socket_address const& address,
                                                               std::size_t count);

/// The same on the first address of `where`, which parse_tcp_endpoint() has given. Fails also as
/// socket_address::resolve().
[[nodiscard]] result<listening_group> listen_tcp(endpoint_url const& where, std::size_t count);

}  // namespace trunkline::transport
