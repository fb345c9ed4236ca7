// A TLS handshake under way.
#pragma once

#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/socket_dialer.hpp>

#include <functional>
#include <memory>

namespace trunkline::tls {

/// Single-threaded. Has no deadline of its own: its owner has one. Destroying it drops the stream;
/// `done` is then not called.
class handshake final : public transport::pending_connection, private transport::readiness_sink {
public:
    using ended = std::function<void(result<std::unique_ptr<transport::byte_stream>>)>;

    /// `done` is called once, from the loop, with the stream or why the handshake has failed; it
    /// may destroy this object.
    handshake(std::unique_ptr<tls_stream> stream, ended done);
    handshake(handshake const&) = delete;
    handshake& operator=(handshake const&) = delete;

private:
    void on_ready(bool readable, bool writable) override;

    std::unique_ptr<tls_stream> stream_;
    ended done_;
};

}  // namespace trunkline::tls
