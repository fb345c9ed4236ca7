// Makes outgoing connections over stream sockets.
#pragma once

#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/socket_address.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace trunkline::transport {

class asio_runtime;

/// A connect under way. Destroying it cancels: `done` is then not called and no socket is left.
class pending_connect {
public:
    virtual ~pending_connect() = default;
};

using socket_connected = std::function<void(result<std::unique_ptr<byte_stream>>)>;

/// Tries the addresses (at least one) in order and gives the first connection, with TCP_NODELAY
/// set, or the last error (such as connection_refused). A Unix socket whose listener has no room
/// is tried again and again. `done` is called once, on the thread of `loop`, never from inside this
/// function; it may destroy the pending_connect. There is no deadline: the caller sets a timer and
/// destroys the handle. `from`: the address of this side, with any port; empty: as the system
/// chooses.
[[nodiscard]] std::unique_ptr<pending_connect> connect_socket(asio_runtime& loop,
                                                              std::vector<socket_address> addresses,
                                                              socket_connected done,
                                                              socket_address const& from = {});

}  // namespace trunkline::transport
