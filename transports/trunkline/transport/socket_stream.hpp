// A byte_stream over a connected stream socket of the operating system.
#pragma once

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/file_descriptor.hpp>
#include <trunkline/transport/readiness_set.hpp>

#include <chrono>

namespace trunkline::transport {

/// Plain non-blocking system calls: one per read, one per gather write. Costs its descriptor and a
/// watched_handle, nothing else.
class socket_stream final : public byte_stream, private watched_handle {
public:
    /// `socket` is connected and non-blocking. `loop` outlives the stream.
    socket_stream(asio_runtime& loop, file_descriptor socket);
    ~socket_stream() override;
    socket_stream(socket_stream const&) = delete;
    socket_stream& operator=(socket_stream const&) = delete;

    [[nodiscard]] io_result read(mutable_bytes into) override;
    [[nodiscard]] io_result write(std::span<bytes_view const> pieces) override;
    [[nodiscard]] bool holds_unsent() const noexcept override { return false; }
    void shutdown_write() override;
    void close(bool abort) override;
    void watch(readiness_sink* sink, bool read_interest, bool write_interest) override;
    void acknowledge_now() override;
    void hold_back(bool on) override;
    [[nodiscard]] std::string peer() const override;
    [[nodiscard]] std::optional<peer_credentials> credentials() const override;
    [[nodiscard]] std::optional<peer_certificate> certificate() const override;
    [[nodiscard]] file_descriptor release() override;

    /// The descriptor, for options of its kind of socket; negative once closed.
    [[nodiscard]] int socket() const noexcept { return socket_.get(); }

private:
    void on_ready(bool readable, bool writable) override { sink_->on_ready(readable, writable); }

    asio_runtime& loop_;
    file_descriptor socket_;
    readiness_sink* sink_ = nullptr;
};

/// As byte_stream::write(), on a connected, non-blocking socket that nobody has a stream of.
[[nodiscard]] io_result write_socket(int descriptor, std::span<bytes_view const> pieces);

/// Sends small writes at once (TCP_NODELAY): a write is a whole batch already. Every TCP socket of
/// ours has it.
void disable_send_delay(int descriptor) noexcept;

/// When the system asks a silent TCP peer whether it lives, how often again, and after how many
/// questions without an answer the connection is lost: after two minutes.
inline constexpr std::chrono::seconds link_probe_after{60};
inline constexpr std::chrono::seconds link_probe_interval{15};  ///< see link_probe_after
inline constexpr int link_probes = 4;                           ///< see link_probe_after

/// Has the system look after a silent peer (SO_KEEPALIVE): on byte streams nothing else finds out
/// that its host has gone. Connections inherit it from the socket that accepts them. Nothing
/// happens where it has no meaning.
void probe_link(int descriptor) noexcept;

}  // namespace trunkline::transport
