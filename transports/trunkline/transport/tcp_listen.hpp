// Listening TCP sockets: one per thread on the same port, each accepting for its own runtime.
#pragma once

#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/file_descriptor.hpp>
#include <trunkline/transport/readiness_set.hpp>
#include <trunkline/transport/socket_address.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace trunkline::transport {

class asio_runtime;

/// Pending connections the kernel keeps per socket; it cuts the number to net.core.somaxconn. A
/// short queue costs dialers whole seconds of retries.
inline constexpr int tcp_backlog = 4096;

/// A bound, listening, non-blocking socket that no runtime accepts from yet.
struct listening_socket {
    file_descriptor socket;
    socket_address address;  ///< with the real port
};

/// `count` (>= 1) sockets that listen on one address, between which the kernel spreads incoming
/// connections. Port 0 takes a free one, the same for all. Fails with address_in_use when anybody
/// else listens there, also another group, and with what the system says. IPv6 sockets take IPv6
/// only.
[[nodiscard]] result<std::vector<listening_socket>> listen_tcp(socket_address const& address,
                                                               std::size_t count);

/// Accepts from one listening socket on one runtime. Single-threaded. When descriptors or memory
/// run out it rests for 100 ms instead of spinning, and goes on by itself.
class tcp_acceptor final : private watched_handle {
public:
    using accepted = std::function<void(std::unique_ptr<byte_stream>)>;

    /// `loop` outlives it.
    tcp_acceptor(asio_runtime& loop, listening_socket socket);
    ~tcp_acceptor();
    tcp_acceptor(tcp_acceptor const&) = delete;
    tcp_acceptor& operator=(tcp_acceptor const&) = delete;

    /// Gives every connection to `sink`, with TCP_NODELAY set. The sink may close or destroy the
    /// acceptor.
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
