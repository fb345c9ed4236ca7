// Frames over TCP, back to back: "tcp://host:port".
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/transport/socket_address.hpp>
#include <trunkline/transport/socket_listener.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace trunkline::transport {
class asio_runtime;
}

namespace trunkline::tcp {

/// The addresses of a URL: an IPv4 literal, an IPv6 literal in brackets, or "localhost", which has
/// two. Fails with invalid_endpoint for another scheme, no port, and anything behind it, and with
/// host_not_found for other names.
[[nodiscard]] result<std::vector<transport::socket_address>> resolve(std::string_view url);

/// `count` (>= 1) sockets that listen on the first address of `url`, for as many threads; port 0
/// takes a free one. Fails as resolve() and transport::listen_tcp().
[[nodiscard]] result<transport::listening_group> listen(std::string_view url, std::size_t count);

/// A dialer on `loop`, which outlives it; a dial has `timeout`.
[[nodiscard]] std::unique_ptr<transport::dialer> make_dialer(transport::asio_runtime& loop,
                                                             transport::runtime::duration timeout,
                                                             transport::stream_filter filter = {});

}  // namespace trunkline::tcp
