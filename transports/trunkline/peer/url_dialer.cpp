#include <trunkline/peer/url_dialer.hpp>

#include <trunkline/tcp/tcp_endpoint.hpp>
#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/unix_socket/unix_endpoint.hpp>

#include <utility>

namespace trunkline::peers {

url_dialer::url_dialer(transport::runtime& loop, transport::asio_runtime* sockets,
                       memory::hub* names, websocket::context_options const& options)
    : loop_(loop) {
    if (sockets != nullptr) {
        websockets_ = std::make_unique<websocket::context>(loop, options);
        ws_ = std::make_unique<websocket::ws_dialer>(*websockets_, *sockets);
        tcp_ = tcp::make_dialer(*sockets, options.handshake_timeout);
        unix_ = unix_socket::make_dialer(*sockets, options.handshake_timeout);
    }
    if (names != nullptr) {
        memory_ = names->make_dialer(loop);
    }
}

void url_dialer::dial(std::string_view url, dialed done) {
    auto const parts = transport::parse_endpoint(url);
    transport::dialer* const by = parts ? dialer_of(parts->scheme) : nullptr;
    if (by == nullptr) {
        loop_.post([done = std::move(done)] {
            done(make_error_code(transport::transport_error::invalid_endpoint));
        });
        return;
    }
    by->dial(url, std::move(done));
}

transport::dialer* url_dialer::dialer_of(std::string_view scheme) const noexcept {
    if (scheme == "ws") {
        return ws_.get();
    }
    if (scheme == "tcp") {
        return tcp_.get();
    }
    if (scheme == "unix") {
        return unix_.get();
    }
    return scheme == "memory" ? memory_.get() : nullptr;
}

}  // namespace trunkline::peers
