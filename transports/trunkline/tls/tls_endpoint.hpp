// Frames through TLS over TCP, back to back: "tls://host:port".
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/tls/context.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/socket_address.hpp>
#include <trunkline/transport/socket_listener.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace trunkline::tls {

/// The addresses of a URL: an IPv4 literal, an IPv6 literal in brackets, or "localhost", which has
/// two. Fails with invalid_endpoint for another scheme, no port, and anything behind it, and with
/// host_not_found for other names.
[[nodiscard]] result<std::vector<transport::socket_address>> resolve(std::string_view url);

/// `count` (>= 1) sockets for as many tls_listeners on the first address of `url`; port 0 takes a
/// free one. Fails as resolve() and transport::listen_tcp().
[[nodiscard]] result<transport::listening_group> listen(std::string_view url, std::size_t count);

/// A dialer on `loop`, which outlives it; a dial, with its handshake, has `timeout`. `filter`
/// stands below TLS. The host of the URL is the one that the certificate has to name. A dial fails
/// with what the handshake says, too: verify_category() where the server is refused.
[[nodiscard]] std::unique_ptr<transport::dialer> make_dialer(context shared,
                                                             transport::asio_runtime& loop,
                                                             transport::runtime::duration timeout,
                                                             transport::stream_filter filter = {});

}  // namespace trunkline::tls
