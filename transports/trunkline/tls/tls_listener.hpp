// Listens for TLS on a TCP port.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/tls/context.hpp>
#include <trunkline/tls/handshake.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/socket_acceptor.hpp>
#include <trunkline/transport/socket_listener.hpp>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace trunkline::tls {

/// How a server of TLS listens.
struct listen_options {
    /// From accept to the end of the handshake; bytes do not start it again.
    std::chrono::milliseconds handshake_timeout = connection_limits{}.handshake_timeout;
    /// Asked for every socket before its handshake.
    transport::stream_filter admit = {};
    /// Told of every handshake that has failed, and why. Empty: nobody is.
    std::function<void(std::string_view peer, error_code why)> on_failed = {};
};

/// Single-threaded: one per thread, each with its own socket of a group. Its connections are given
/// out when their handshake is over.
class tls_listener final : public transport::listener {
public:
    /// `loop` outlives it; `endpoint` is told to who asks.
    tls_listener(context shared, transport::asio_runtime& loop, transport::listening_socket socket,
                 std::string endpoint, listen_options options = {});
    ~tls_listener() override;
    tls_listener(tls_listener const&) = delete;
    tls_listener& operator=(tls_listener const&) = delete;

    void start(accepted sink) override;
    void close() override;
    [[nodiscard]] std::string endpoint() const override { return endpoint_; }

    /// Handshakes under way.
    [[nodiscard]] std::size_t pending() const noexcept { return guests_.size(); }

private:
    class guest;
    void add(std::unique_ptr<transport::byte_stream> link);
    void end(std::list<guest>::iterator of, result<std::unique_ptr<transport::byte_stream>> made);

    context shared_;
    transport::asio_runtime& loop_;
    std::string endpoint_;
    listen_options options_;
    std::shared_ptr<accepted> sink_;  // kept alive while it is called
    std::list<guest> guests_;
    transport::socket_acceptor acceptor_;
};

}  // namespace trunkline::tls
