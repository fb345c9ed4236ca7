#include <trunkline/serve/endpoint.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/tcp/tcp_endpoint.hpp>
#include <trunkline/tls/tls_endpoint.hpp>
#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/tcp_listen.hpp>
#include <trunkline/unix_socket/unix_endpoint.hpp>
#include <trunkline/unix_socket/unix_url.hpp>
#include <trunkline/websocket/ws_url.hpp>

#include <charconv>
#include <utility>

namespace trunkline::server {
namespace {

using transport::socket_address;
using transport::transport_error;

std::string scheme_of(std::string_view endpoint) {
    auto const parts = transport::parse_endpoint(endpoint);
    return parts ? parts->scheme : std::string();
}

bool is_secure(std::string_view endpoint) {
    std::string const scheme = scheme_of(endpoint);
    return scheme == "tls" || scheme == "wss";
}

served_endpoint served(link_kind kind, std::vector<transport::listening_socket> sockets,
                       std::string const& text, std::string const& ws_path) {
    served_endpoint made{text, std::nullopt, {}};
    if (int const family = sockets.front().address.family();
        family == AF_INET || family == AF_INET6) {
        made.port = sockets.front().address.port();
    }
    for (auto& each : sockets) {
        made.sockets.push_back({kind, std::move(each), text, ws_path, is_secure(text)});
    }
    return made;
}

result<served_endpoint> listen_for_websockets(serve_options const& settled,
                                              result<std::vector<socket_address>> const& addresses,
                                              std::string const& path, std::string const& scheme) {
    if (!addresses) {
        return addresses.error();
    }
    auto sockets = transport::listen_tcp(addresses->front(), settled.threads);
    if (!sockets) {
        return sockets.error();
    }
    std::string const address = sockets->front().address.text();
    return served(link_kind::websocket, std::move(*sockets),
                  scheme.empty() ? address : scheme + "://" + address + path, path);
}

result<served_endpoint> listen_for_streams(result<transport::listening_group> group) {
    if (!group) {
        return group.error();
    }
    return served(link_kind::stream, std::move(group->sockets), group->endpoint, {});
}

/// Where other machines could come in, the addresses; else none.
result<std::vector<socket_address>> addresses_of(std::string_view url) {
    if (auto const ws = websocket::parse_ws_url(url)) {
        return socket_address::resolve(ws->host, ws->port);
    }
    if (scheme_of(url) == "tcp") {
        return tcp::resolve(url);
    }
    if (scheme_of(url) == "tls") {
        return tls::resolve(url);
    }
    auto const path = unix_socket::parse(url);
    return path ? result<std::vector<socket_address>>(std::vector<socket_address>())
                : result<std::vector<socket_address>>(path.error());
}

}  // namespace

std::vector<std::string> endpoints_of(serve_options const& settled) {
    std::vector<std::string> all = settled.listen;
    if (settled.listens_by_default) {
        auto const address = socket_address::resolve(settled.host, settled.port);
        all.insert(all.begin(), address ? address->front().text() : settled.host);
    }
    return all;
}

result<served_endpoint> listen_on(serve_options const& settled, std::string_view endpoint) {
    if (settled.listens_by_default && endpoint == endpoints_of(settled).front()) {
        return listen_for_websockets(settled, socket_address::resolve(settled.host, settled.port),
                                     settled.ws_path, {});
    }
    std::string const scheme = scheme_of(endpoint);
    if (scheme == "ws" || scheme == "wss") {
        auto const parts = websocket::parse_ws_url(endpoint);
        if (!parts) {
            return parts.error();
        }
        return listen_for_websockets(settled, socket_address::resolve(parts->host, parts->port),
                                     parts->target, scheme);
    }
    if (scheme == "tls") {
        return listen_for_streams(tls::listen(endpoint, settled.threads));
    }
    if (scheme == "tcp") {
        return listen_for_streams(tcp::listen(endpoint, settled.threads));
    }
    if (scheme == "unix") {
        auto const mode = mode_of(settled.unix_mode);
        TRUNKLINE_ASSERT(mode.has_value());
        return listen_for_streams(unix_socket::listen(endpoint, settled.threads, *mode));
    }
    return make_error_code(transport_error::invalid_endpoint);
}

std::string check_listen(serve_options const& options, std::string_view url) {
    std::string const flag = "--listen " + std::string(url);
    auto const addresses = addresses_of(url);
    if (!addresses && addresses.error() == transport_error::path_too_long) {
        return flag + ": " + addresses.error().message() + "; choose a shorter one";
    }
    if (!addresses) {
        return flag +
               " is no place to listen; write one such as ws://127.0.0.1:8080/ws, "
               "tcp://127.0.0.1:7000, unix:/path or unix:@name";
    }
    if (is_secure(url)) {
        return options.tls_cert.empty()
                   ? flag + " needs a certificate; add --tls-cert FILE and --tls-key FILE"
                   : "";
    }
    if (!addresses->empty() && !addresses->front().is_loopback() && !options.allow_plain) {
        return flag +
               " lets other machines in without encryption; add --allow-plain if that is meant, or "
               "stay on 127.0.0.1";
    }
    return {};
}

std::optional<std::uint32_t> mode_of(std::string_view text) {
    std::uint32_t mode = 0;
    auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    bool const whole = fault == std::errc{} && end == text.data() + text.size();
    return whole && mode <= 0777 ? std::optional(mode) : std::nullopt;
}

}  // namespace trunkline::server
