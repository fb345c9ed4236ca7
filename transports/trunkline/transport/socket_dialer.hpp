// A dialer over sockets: connects, and makes of the socket what the transport wants.
#pragma once

#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/runtime.hpp>
#include <trunkline/transport/socket_address.hpp>
#include <trunkline/transport/socket_listener.hpp>

#include <functional>
#include <list>
#include <memory>
#include <string_view>
#include <vector>

namespace trunkline::transport {

class asio_runtime;

/// What stands between a connected socket and its connection: a handshake. Destroying it drops the
/// socket, and nobody is told.
class pending_connection {
public:
    virtual ~pending_connection() = default;
};

/// How one URL is dialled.
struct dial_plan {
    /// What the URL stands for, in the order in which it is tried; at least one.
    std::vector<socket_address> addresses;
    /// Makes a connection of the socket. `done` is called once, from the loop, and may destroy what
    /// is given back. Empty: frames go over the socket as it is.
    std::function<result<std::unique_ptr<pending_connection>>(std::unique_ptr<byte_stream> socket,
                                                              dialer::dialed done)>
        open = {};
};

/// Single-threaded.
class socket_dialer final : public dialer {
public:
    using planner = std::function<result<dial_plan>(std::string_view url)>;

    /// The addresses of a plan that has nothing else.
    using resolver = result<std::vector<socket_address>> (*)(std::string_view url);

    /// `loop` outlives the dialer; a dial has `timeout`, from its begin to its connection. `filter`
    /// is given the socket before anything else.
    socket_dialer(asio_runtime& loop, planner plan, runtime::duration timeout,
                  stream_filter filter = {});
    socket_dialer(asio_runtime& loop, resolver resolve, runtime::duration timeout,
                  stream_filter filter = {});
    ~socket_dialer() override;
    socket_dialer(socket_dialer const&) = delete;
    socket_dialer& operator=(socket_dialer const&) = delete;

    /// Fails with what the plan says, the system's error of the connect,
    /// transport_error::handshake_timeout, or handshake_refused when the filter gives nothing.
    void dial(std::string_view url, dialed done) override;

private:
    class attempt;

    asio_runtime& loop_;
    planner plan_;
    runtime::duration timeout_;
    stream_filter filter_;
    std::list<attempt> attempts_;
};

}  // namespace trunkline::transport
