#include <trunkline/peer/url_dialer.hpp>

#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>

#include <utility>

namespace trunkline::peers {

url_dialer::url_dialer(transport::runtime& loop, transport::asio_runtime* sockets,
                       memory::hub* names, websocket::context_options const& options)
    : loop_(loop) {
    if (sockets != nullptr) {
        websockets_ = std::make_unique<websocket::context>(loop, options);
        ws_ = std::make_unique<websocket::ws_dialer>(*websockets_, *sockets);
    }
    if (names != nullptr) {
        memory_ = names->make_dialer(loop);
    }
}

void url_dialer::dial(std::string_view url, dialed done) {
    auto const parts = transport::parse_endpoint(url);
    transport::dialer* by = nullptr;
    if (parts && parts->scheme == "ws") {
        by = ws_.get();
    } else if (parts && parts->scheme == "memory") {
        by = memory_.get();
    }
    if (by == nullptr) {
        loop_.post([done = std::move(done)] {
            done(make_error_code(transport::transport_error::invalid_endpoint));
        });
        return;
    }
    by->dial(url, std::move(done));
}

}  // namespace trunkline::peers
