// Dials an endpoint by the transport that its scheme names.
#pragma once

#include <trunkline/memory/hub.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/listener.hpp>
#include <trunkline/websocket/context.hpp>
#include <trunkline/websocket/ws_dialer.hpp>

#include <memory>
#include <string_view>

namespace trunkline::peers {

/// "ws://host:port/path", "tcp://host:port", "unix:/path", "unix:@name" and "memory:name".
/// Single-threaded; outlives the connections that it made.
class url_dialer final : public transport::dialer {
public:
    /// Without `sockets` there is no transport but "memory:", without `names` not that: dials there
    /// fail with invalid_endpoint.
    url_dialer(transport::runtime& loop, transport::asio_runtime* sockets, memory::hub* names,
               websocket::context_options const& options);

    void dial(std::string_view url, dialed done) override;

private:
    [[nodiscard]] transport::dialer* dialer_of(std::string_view scheme) const noexcept;

    transport::runtime& loop_;
    std::unique_ptr<websocket::context> websockets_;
    std::unique_ptr<transport::dialer> ws_;
    std::unique_ptr<transport::dialer> tcp_;
    std::unique_ptr<transport::dialer> unix_;
    std::unique_ptr<transport::dialer> memory_;
};

}  // namespace trunkline::peers
