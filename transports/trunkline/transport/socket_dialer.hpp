// A dialer whose connections are bare streams of bytes over sockets: TCP, Unix sockets.
#pragma once

#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/runtime.hpp>
#include <trunkline/transport/socket_address.hpp>
#include <trunkline/transport/socket_listener.hpp>

#include <list>
#include <vector>

namespace trunkline::transport {

class asio_runtime;

/// Single-threaded.
class socket_dialer final : public dialer {
public:
    /// What a URL stands for, in the order in which it is tried; at least one.
    using resolver = result<std::vector<socket_address>> (*)(std::string_view url);

    /// `loop` outlives the dialer; a dial has `timeout`.
    socket_dialer(asio_runtime& loop, resolver resolve, runtime::duration timeout,
                  stream_filter filter = {});
    ~socket_dialer() override;
    socket_dialer(socket_dialer const&) = delete;
    socket_dialer& operator=(socket_dialer const&) = delete;

    /// Fails with what the resolver says, the system's error of the connect,
    /// transport_error::handshake_timeout, or handshake_refused when the filter gives nothing.
    void dial(std::string_view url, dialed done) override;

private:
    class attempt;

    asio_runtime& loop_;
    resolver resolve_;
    runtime::duration timeout_;
    stream_filter filter_;
    std::list<attempt> attempts_;
};

}  // namespace trunkline::transport
