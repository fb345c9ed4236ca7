// A listener whose connections are bare streams of bytes over sockets: TCP, Unix sockets.
#pragma once

#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/socket_acceptor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace trunkline::transport {

/// What is between an accepted or dialled socket and its connection: gives the stream back, maybe
/// wrapped, or null to refuse it. It is given the bare socket, which it can release(). Empty:
/// nothing.
using stream_filter = std::function<std::unique_ptr<byte_stream>(std::unique_ptr<byte_stream>)>;

/// Sockets that listen on one endpoint, one for each thread, and its URL with the real port.
struct listening_group {
    std::vector<listening_socket> sockets;
    std::string endpoint;
};

/// Single-threaded: one per thread, each with its own socket of a group.
class socket_listener final : public listener {
public:
    /// `loop` outlives it; `endpoint` is told to who asks.
    socket_listener(asio_runtime& loop, listening_socket socket, std::string endpoint,
                    stream_filter filter = {});

    void start(accepted sink) override;
    void close() override { acceptor_.close(); }
    [[nodiscard]] std::string endpoint() const override { return endpoint_; }

private:
    std::string endpoint_;
    stream_filter filter_;
    socket_acceptor acceptor_;
};

}  // namespace trunkline::transport
