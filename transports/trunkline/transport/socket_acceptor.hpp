// Listening sockets, and what accepts from them for one runtime each.
#pragma once

#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/file_descriptor.hpp>
#include <trunkline/transport/readiness_set.hpp>
#include <trunkline/transport/socket_address.hpp>

#include <functional>
#include <memory>

namespace trunkline::transport {

class asio_runtime;

/// Pending connections the kernel keeps per socket; it cuts the number to net.core.somaxconn. A
/// short queue costs dialers whole seconds of retries.
inline constexpr int accept_backlog = 4096;

/// A bound, listening, non-blocking socket that no runtime accepts from yet.
struct listening_socket {
    file_descriptor socket;
    socket_address address;            ///< with the real port
    std::shared_ptr<void const> held;  ///< goes before the socket: what the address has besides
};

/// Accepts from one listening socket on one runtime. Single-threaded. When descriptors or memory
/// run out it rests for 100 ms instead of spinning, and goes on by itself.
class socket_acceptor final : private watched_handle {
public:
    using accepted = std::function<void(std::unique_ptr<byte_stream>)>;

    /// `loop` outlives it.
    socket_acceptor(asio_runtime& loop, listening_socket socket);
    ~socket_acceptor();
    socket_acceptor(socket_acceptor const&) = delete;
    socket_acceptor& operator=(socket_acceptor const&) = delete;

    /// Gives every connection to `sink`, with TCP_NODELAY set where it means anything. The sink
    /// may close or destroy the acceptor.
    void start(accepted sink);

    /// Stops listening; connections the kernel has not handed over yet are reset by it.
    void close();

    [[nodiscard]] socket_address const& address() const noexcept { return socket_.address; }

private:
    void on_ready(bool readable, bool writable) override;
    void rest();

    asio_runtime& loop_;
    listening_socket socket_;
    std::shared_ptr<accepted> sink_;  // kept alive while it is called
    std::unique_ptr<timer> resting_;
    bool* gone_ = nullptr;  // set while the sink is called: tells that the acceptor was destroyed
};

}  // namespace trunkline::transport
