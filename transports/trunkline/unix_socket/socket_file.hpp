// The file of a listening Unix socket: bound without a race, removed by who made it.
#pragma once

#include <trunkline/transport/socket_acceptor.hpp>
#include <trunkline/unix_socket/unix_url.hpp>

#include <cstdint>

namespace trunkline::unix_socket {

/// Listens at the path of `where`, on one socket whose `held` removes the file in the end, if it
/// still is the same file. A file that a dead listener has left is replaced, a live listener never:
/// whether it lives is asked by connecting, while a lock on "PATH.lock" keeps others out. The file
/// has its `mode`, whatever the umask, before anybody can connect. Fails with address_in_use where
/// somebody listens or is about to, not_a_socket where another kind of file is, and with what the
/// system says.
[[nodiscard]] result<transport::listening_socket> listen_at_path(unix_url const& where,
                                                                 std::uint32_t mode);

}  // namespace trunkline::unix_socket
