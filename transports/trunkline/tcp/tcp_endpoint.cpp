#include <trunkline/tcp/tcp_endpoint.hpp>

#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/socket_dialer.hpp>
#include <trunkline/transport/tcp_listen.hpp>

#include <utility>

namespace trunkline::tcp {

result<std::vector<transport::socket_address>> resolve(std::string_view url) {
    auto const parts = transport::parse_endpoint(url);
    if (!parts || parts->scheme != "tcp" || parts->host.empty() || !parts->port ||
        parts->target != "/") {
        return make_error_code(transport::transport_error::invalid_endpoint);
    }
    return transport::socket_address::resolve(parts->host, *parts->port);
}

result<transport::listening_group> listen(std::string_view url, std::size_t count) {
    auto const addresses = resolve(url);
    if (!addresses) {
        return addresses.error();
    }
    auto sockets = transport::listen_tcp(addresses->front(), count);
    if (!sockets) {
        return sockets.error();
    }
    std::string endpoint = "tcp://" + sockets->front().address.text();
    return transport::listening_group{std::move(*sockets), std::move(endpoint)};
}

std::unique_ptr<transport::dialer> make_dialer(transport::asio_runtime& loop,
                                               transport::runtime::duration timeout,
                                               transport::stream_filter filter) {
    return std::make_unique<transport::socket_dialer>(loop, &resolve, timeout, std::move(filter));
}

}  // namespace trunkline::tcp
