#include <trunkline/tls/tls_endpoint.hpp>

#include <trunkline/tls/handshake.hpp>
#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/socket_dialer.hpp>
#include <trunkline/transport/stream_connection.hpp>
#include <trunkline/transport/tcp_listen.hpp>

#include <utility>

namespace trunkline::tls {
namespace {

using link = std::unique_ptr<transport::byte_stream>;
using transport::pending_connection;

result<transport::endpoint_url> parse(std::string_view url) {
    auto parts = transport::parse_endpoint(url);
    if (!parts || parts->scheme != "tls" || parts->host.empty() || !parts->port ||
        parts->target != "/") {
        return make_error_code(transport::transport_error::invalid_endpoint);
    }
    return parts;
}

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
    auto const parts = parse(url);
    if (!parts) {
        return parts.error();
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
    std::string endpoint = "tls://" + sockets->front().address.text();
    return transport::listening_group{std::move(*sockets), std::move(endpoint)};
}

std::unique_ptr<transport::dialer> make_dialer(context shared, transport::asio_runtime& loop,
                                               transport::runtime::duration timeout,
                                               transport::stream_filter filter) {
    auto plan = [shared = std::move(shared),
                 &loop](std::string_view url) -> result<transport::dial_plan> {
        auto const parts = parse(url);
        if (!parts) {
            return parts.error();
        }
        auto addresses = transport::socket_address::resolve(parts->host, *parts->port);
        if (!addresses) {
            return addresses.error();
        }
        auto begin = [&loop, shared, host = parts->host](link socket,
                                                         transport::dialer::dialed done) {
            return open(loop, shared, host, std::move(socket), std::move(done));
        };
        return transport::dial_plan{std::move(*addresses), std::move(begin)};
    };
    return std::make_unique<transport::socket_dialer>(loop, std::move(plan), timeout,
                                                      std::move(filter));
}

}  // namespace trunkline::tls
