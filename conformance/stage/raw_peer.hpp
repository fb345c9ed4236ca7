// A peer that sends exactly the bytes it is told to and keeps all that comes back.
#pragma once

#include <stage/websocket_bytes.hpp>
#include <trunkline/transport/byte_stream.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace trunkline::stage {

/// Single-threaded, on the runtime of its stream.
class raw_peer final : private transport::readiness_sink {
public:
    explicit raw_peer(std::unique_ptr<transport::byte_stream> link);
    ~raw_peer();
    raw_peer(raw_peer const&) = delete;
    raw_peer& operator=(raw_peer const&) = delete;

    /// Called whenever bytes have come in.
    void on_bytes(std::function<void()> told) { told_ = std::move(told); }

    /// Sends, now or when the link takes it.
    void send(bytes_view bytes);
    void send(std::string_view text) { send(as_bytes(text)); }

    /// While false, nothing that arrives is read.
    void read(bool wanted);

    /// While true, what arrives is read and thrown away.
    void discard(bool wanted) noexcept { discards_ = wanted; }

    /// No more will be sent; reading goes on.
    void shutdown();

    /// Drops the link.
    void close(bool abort = false);

    [[nodiscard]] byte_string const& received() const { return received_; }

    /// Bytes that the link has not taken yet.
    [[nodiscard]] std::size_t unsent() const { return output_.size() - sent_; }

    /// The other side has ended the link, or it broke.
    [[nodiscard]] bool ended() const { return ended_; }

private:
    void on_ready(bool readable, bool writable) override;
    void pull();
    void push();
    void rewatch();

    std::unique_ptr<transport::byte_stream> link_;
    byte_string output_;
    std::size_t sent_ = 0;
    byte_string received_;
    std::function<void()> told_;
    bool reading_ = true;
    bool discards_ = false;
    bool read_end_ = false;
    bool ended_ = false;
};

}  // namespace trunkline::stage
