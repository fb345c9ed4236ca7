// Frames over Unix sockets, back to back: "unix:/path" and "unix:@name".
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/transport/runtime.hpp>
#include <trunkline/transport/socket_address.hpp>
#include <trunkline/transport/socket_listener.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace trunkline::transport {
class asio_runtime;
}

namespace trunkline::unix_socket {

/// Who may connect to a socket file: its owner, unless set. Abstract names have no permissions.
inline constexpr std::uint32_t default_mode = 0600;

/// The one address of a URL. Fails as parse().
[[nodiscard]] result<std::vector<transport::socket_address>> resolve(std::string_view url);

/// `count` (>= 1) descriptors of one listening socket, for as many threads; whoever comes first
/// accepts. A socket file has `mode`, replaces one that a dead listener has left, and goes with the
/// last of the descriptors, if it still is the same file. Fails as parse(), with address_in_use
/// where somebody listens, not_a_socket where another kind of file is, and what the system says.
[[nodiscard]] result<transport::listening_group> listen(std::string_view url, std::size_t count,
                                                        std::uint32_t mode = default_mode);

/// A dialer on `loop`, which outlives it; a dial has `timeout`.
[[nodiscard]] std::unique_ptr<transport::dialer> make_dialer(transport::asio_runtime& loop,
                                                             transport::runtime::duration timeout,
                                                             transport::stream_filter filter = {});

}  // namespace trunkline::unix_socket
