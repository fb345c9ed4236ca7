#include <trunkline/tcp/tcp_endpoint.hpp>

#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/socket_dialer.hpp>
#include <trunkline/transport/tcp_listen.hpp>

#include <utility>

namespace trunkline::tcp {

result<std::vector<transport::socket_address>> resolve(std::string_view url) {
    auto const where = transport::parse_tcp_endpoint(url, "tcp");
    if (!where) {
        return where.error();
    }
    return transport::socket_address::resolve(where->host, *where->port);
}

result<transport::listening_group> listen(std::string_view url, std::size_t count) {
    auto const where = transport::parse_tcp_endpoint(url, "tcp");
    if (!where) {
        return where.error();
    }
    return transport::listen_tcp(*where, count);
}

std::unique_ptr<transport::dialer> make_dialer(transport::asio_runtime& loop,
                                               transport::runtime::duration timeout,
                                               transport::stream_filter filter) {
    return std::make_unique<transport::socket_dialer>(loop, &resolve, timeout, std::move(filter));
}

}  // namespace trunkline::tcp
