// How connections come to be: a listener accepts them, a dialer makes them.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/transport/connection.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace trunkline::transport {

/// Accepts on one endpoint until closed. Single-threaded.
class listener {
public:
    /// Given each new connection, on the thread of the loop.
    using accepted = std::function<void(std::unique_ptr<connection>)>;

    virtual ~listener() = default;

    /// Starts to accept; every established connection (handshake done) is given to `sink`, on the
    /// runtime's thread.
    virtual void start(accepted sink) = 0;

    /// Stops accepting and refuses what is still in its handshake; accepted connections go on.
    virtual void close() = 0;

    /// The bound endpoint as a URL with its real port, such as "ws://127.0.0.1:8080/ws".
    [[nodiscard]] virtual std::string endpoint() const = 0;
};

/// Makes connections. Single-threaded.
class dialer {
public:
    /// Given the connection, or why there is none; once, on the thread of the loop.
    using dialed = std::function<void(result<std::unique_ptr<connection>>)>;

    virtual ~dialer() = default;

    /// Dials `url`; `done` is called exactly once, on the runtime's thread, never from inside
    /// dial(). Destroying the dialer cancels what is under way with operation_aborted.
    virtual void dial(std::string_view url, dialed done) = 0;
};

}  // namespace trunkline::transport
