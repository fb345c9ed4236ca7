#include <trunkline/peer/url_dialer.hpp>

#include <trunkline/peer/own_thread.hpp>
#include <trunkline/tcp/tcp_endpoint.hpp>
#include <trunkline/tls/tls_endpoint.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/unix_socket/unix_endpoint.hpp>

#include <utility>

namespace trunkline::peers {

using transport::transport_error;
using websocket::ws_dialer;

url_dialer::url_dialer(transport::runtime& loop, transport::asio_runtime* sockets,
                       transport::network* beside, websocket::context_options const& options,
                       std::optional<tls::context> trust)
    : loop_(loop), sockets_(sockets), trust_(std::move(trust)) {
    if (trust_) {
        own_thread::wait_before_tls_goes();
    }
    if (sockets != nullptr) {
        websockets_ = std::make_unique<websocket::context>(loop, options);
        ws_ = std::make_unique<ws_dialer>(*websockets_, *sockets,
                                          [this](ws_dialer::link socket, std::string const& host) {
                                              return encrypt(std::move(socket), host);
                                          });
        tcp_ = tcp::make_dialer(*sockets, options.handshake_timeout);
        unix_ = unix_socket::make_dialer(*sockets, options.handshake_timeout);
    }
    if (beside != nullptr) {
        beside_ = beside->make_dialer(loop);
    }
}

void url_dialer::dial(std::string_view url, dialed done) {
    auto const parts = transport::parse_endpoint(url);
    auto const by = parts ? dialer_of(parts->scheme) : nullptr;
    if (by && *by != nullptr) {
        (*by)->dial(url, std::move(done));
        return;
    }
    error_code const why = by ? make_error_code(transport_error::invalid_endpoint) : by.error();
    loop_.post([done = std::move(done), why] { done(why); });
}

bool url_dialer::asks_in_handshake(std::string_view url) const {
    auto const parts = transport::parse_endpoint(url);
    return sockets_ != nullptr && parts && (parts->scheme == "ws" || parts->scheme == "wss");
}

result<transport::dialer*> url_dialer::dialer_of(std::string_view scheme) {
    if (sockets_ == nullptr) {
        return beside_.get();
    }
    if (scheme == "ws" || scheme == "wss") {
        return ws_.get();
    }
    if (scheme == "tls" && tls_ == nullptr) {
        auto const by = trust();
        if (!by) {
            return by.error();
        }
        tls_ = tls::make_dialer(*by, *sockets_, websockets_->options().handshake_timeout);
    }
    if (scheme == "tls") {
        return tls_.get();
    }
    if (scheme == "tcp") {
        return tcp_.get();
    }
    if (scheme == "unix") {
        return unix_.get();
    }
    return beside_.get();
}

// What the system trusts is read when it is needed: that takes milliseconds and a megabyte.
result<tls::context> url_dialer::trust() {
    if (!trust_) {
        auto made = tls::context::for_client({});
        if (!made) {
            return made.error();
        }
        trust_ = std::move(*made);
        own_thread::wait_before_tls_goes();
    }
    return *trust_;
}

result<ws_dialer::link> url_dialer::encrypt(ws_dialer::link socket, std::string const& host) {
    auto const by = trust();
    if (!by) {
        return by.error();
    }
    auto made = tls::make_client_stream(loop_, std::move(socket), *by, host, tls::spoken::http);
    if (!made) {
        return made.error();
    }
    return ws_dialer::link(std::move(*made));
}

}  // namespace trunkline::peers
