#include <trunkline/conformance/sockets.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/conformance/certificates.hpp>
#include <trunkline/conformance/own_address.hpp>
#include <trunkline/peer/url_dialer.hpp>
#include <trunkline/tcp/tcp_endpoint.hpp>
#include <trunkline/tls/tls_endpoint.hpp>
#include <trunkline/tls/tls_listener.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/socket_dialer.hpp>
#include <trunkline/transport/socket_listener.hpp>
#include <trunkline/transport/tcp_listen.hpp>
#include <trunkline/unix_socket/unix_endpoint.hpp>
#include <trunkline/websocket/ws_listener.hpp>
#include <trunkline/websocket/ws_url.hpp>

#include <boost/asio/local/stream_protocol.hpp>

#include <memory>
#include <string>
#include <utility>

namespace trunkline::conformance {
namespace {

using listener_result = result<std::unique_ptr<transport::listener>>;
using stream_pointer = std::unique_ptr<transport::byte_stream>;

std::string at_own_address(std::string_view scheme) {
    return std::string(scheme) + "://" + own_address() + ":0";
}

class socket_network final : public transport::network {
public:
    explicit socket_network(transport::asio_runtime& loop) : loop_(loop), shared_(loop, {}) {}

    listener_result listen(transport::runtime&, std::string_view url) override {
        auto const parts = transport::parse_endpoint(url);
        std::string_view const scheme = parts ? std::string_view(parts->scheme) : "";
        if (scheme == "ws" || scheme == "wss") {
            return listen_websocket(url);
        }
        if (scheme == "tls") {
            return on_first(tls::listen(url, 1), [this](auto socket, std::string endpoint) {
                return std::make_unique<tls::tls_listener>(who.serving(), loop_, std::move(socket),
                                                           std::move(endpoint));
            });
        }
        auto const plain = [this](auto socket, std::string endpoint) {
            return std::make_unique<transport::socket_listener>(loop_, std::move(socket),
                                                                std::move(endpoint));
        };
        return scheme == "unix" ? on_first(unix_socket::listen(url, 1), plain)
                                : on_first(tcp::listen(url, 1), plain);
    }

    std::unique_ptr<transport::dialer> make_dialer(transport::runtime&) override {
        return std::make_unique<peers::url_dialer>(loop_, &loop_, nullptr,
                                                   websocket::context_options{}, who.asking());
    }

    guises who;  ///< for listeners and dialers that are made

private:
    template <class Make>
    static listener_result on_first(result<transport::listening_group> group, Make make) {
        if (!group) {
            return group.error();
        }
        return std::unique_ptr<transport::listener>(
            make(std::move(group->sockets.front()), std::move(group->endpoint)));
    }

    listener_result listen_websocket(std::string_view text) {
        auto const url = websocket::parse_ws_url(text);
        if (!url) {
            return url.error();
        }
        auto const addresses = transport::socket_address::resolve(url->host, url->port);
        if (!addresses) {
            return addresses.error();
        }
        auto sockets = transport::listen_tcp(addresses->front(), 1);
        if (!sockets) {
            return sockets.error();
        }
        websocket::listen_options options;
        options.scheme = url->secure ? "wss" : "ws";
        options.path = url->target;
        if (url->secure) {
            options.admit = [this](stream_pointer link) -> stream_pointer {
                return tls::make_server_stream(loop_, std::move(link), who.serving(),
                                               tls::spoken::http)
                    .value();
            };
        }
        return std::unique_ptr<transport::listener>(std::make_unique<websocket::ws_listener>(
            shared_, loop_, std::move(sockets->front()), std::move(options)));
    }

    transport::asio_runtime& loop_;
    websocket::context shared_;
};

class socket_fixture final : public fixture {
public:
    socket_fixture(place const& where, std::string url)
        : loop_(*where.sockets), url_(std::move(url)), sockets_(loop_) {}

    transport::network& network() override { return sockets_; }
    std::string url() override { return url_.empty() ? "unix:" + new_file() : url_; }

    std::unique_ptr<transport::dialer> raw_dialer() override {
        return std::make_unique<transport::socket_dialer>(loop_, &resolve_any,
                                                          connection_limits{}.handshake_timeout);
    }

    void pose(server_guise server, client_guise client) override {
        sockets_.who = {server, client};
    }
    void renew_certificate() override { renew_trusted(); }

    // The system takes whoever dials, and nobody accepts.
    std::string silent_url() override {
        bool const is_file = url_.empty();
        silent_ = is_file ? unix_socket::listen(url(), 1) : tcp::listen(at_own_address("tcp"), 1);
        std::string const& real = silent_.value().endpoint;
        std::string dialled = is_file ? real : url_;
        if (!is_file) {
            dialled.replace(dialled.find(":0"), 2, real.substr(real.rfind(':')));
        }
        return dialled;
    }

    std::string abandoned_url() override {
        if (!url_.empty()) {
            return {};
        }
        auto const file = new_file();
        boost::asio::local::stream_protocol::acceptor(loop_.context(), file);  // and gone
        return "unix:" + file;
    }

private:
    [[nodiscard]] std::string new_file() {
        return (folder_ / std::to_string(++listeners_)).string();
    }
    static result<std::vector<transport::socket_address>> resolve_any(std::string_view url) {
        auto const parts = transport::parse_endpoint(url);
        if (!parts) {
            return parts.error();
        }
        return parts->scheme == "unix"
                   ? unix_socket::resolve(url)
                   : transport::socket_address::resolve(parts->host, parts->port.value_or(0));
    }

    transport::asio_runtime& loop_;
    scratch_folder folder_;
    std::string url_;
    socket_network sockets_;
    result<transport::listening_group> silent_ = transport::listening_group();
    int listeners_ = 0;
};

subject on_sockets(std::string name, std::string url, features has) {
    has.virtual_time = false;
    has.shapes = false;
    return {std::move(name), has, [url = std::move(url)](place const& where) {
                return std::make_unique<socket_fixture>(where, url);
            }};
}

}  // namespace

std::vector<subject> socket_subjects() {
    features const messages{
        .message_borders = true, .half_close = false, .probe = true, .close_reason = true};
    features secret = messages;
    secret.secure = true;
    return {on_sockets("tcp_sockets", at_own_address("tcp"), {}),
            on_sockets("unix_sockets", "", {.identity = true}),
            on_sockets("ws_sockets", at_own_address("ws") + "/ws", messages),
            on_sockets("tls_sockets", at_own_address("tls"), {.secure = true}),
            on_sockets("wss_sockets", at_own_address("wss") + "/ws", secret)};
}

}  // namespace trunkline::conformance
