#include <trunkline/tls/tls_endpoint.hpp>

#include <trunkline/tls/handshake.hpp>
#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/socket_dialer.hpp>
#include <trunkline/transport/stream_connection.hpp>
#include <trunkline/transport/tcp_listen.hpp>

#include <utility>

namespace trunkline::tls {
namespace {

using link = std::unique_ptr<transport::byte_stream>;
using transport::pending_connection;

// From a connected socket to a connection.
result<std::unique_ptr<pending_connection>> open(transport::runtime& loop, context const& shared,
                                                 std::string const& host, link socket,
                                                 transport::dialer::dialed done) {
    auto stream = make_client_stream(loop, std::move(socket), shared, host);
    if (!stream) {
        return stream.error();
    }
    auto const on_ended = [done = std::move(done)](result<link> made) {
        if (made) {
            done(std::unique_ptr<transport::connection>(
                std::make_unique<transport::stream_connection>(std::move(*made))));
        } else {
            done(made.error());
        }
    };
    return std::unique_ptr<pending_connection>(
        std::make_unique<handshake>(std::move(*stream), on_ended));
}

}  // namespace

result<std::vector<transport::socket_address>> resolve(std::string_view url) {
    auto const where = transport::parse_tcp_endpoint(url, "tls");
    if (!where) {
        return where.error();
    }
    return transport::socket_address::resolve(where->host, *where->port);
}

result<transport::listening_group> listen(std::string_view url, std::size_t count) {
    auto const where = transport::parse_tcp_endpoint(url, "tls");
    if (!where) {
        return where.error();
    }
    return transport::listen_tcp(*where, count);
}

std::unique_ptr<transport::dialer> make_dialer(context shared, transport::asio_runtime& loop,
                                               transport::runtime::duration timeout,
                                               transport::stream_filter filter) {
    auto plan = [shared = std::move(shared),
                 &loop](std::string_view url) -> result<transport::dial_plan> {
        auto const where = transport::parse_tcp_endpoint(url, "tls");
        if (!where) {
            return where.error();
        }
        auto addresses = transport::socket_address::resolve(where->host, *where->port);
        if (!addresses) {
            return addresses.error();
        }
        auto begin = [&loop, shared, host = where->host](link socket,
                                                         transport::dialer::dialed done) {
            return open(loop, shared, host, std::move(socket), std::move(done));
        };
        return transport::dial_plan{std::move(*addresses), std::move(begin)};
    };
    return std::make_unique<transport::socket_dialer>(loop, std::move(plan), timeout,
                                                      std::move(filter));
}

}  // namespace trunkline::tls
