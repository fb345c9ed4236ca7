// A connection over a plain byte stream: frames back to back, nothing between them (wire-protocol
// rules: rpc/FORMAT.md, "Byte streams").
#pragma once

#include <trunkline/transport/connection.hpp>

#include <memory>

namespace trunkline::transport {

/// Without borders, probe or close reason; with half_close. An orderly close is the end of the
/// stream. Holds no byte itself.
class stream_connection final : public connection {
public:
    explicit stream_connection(std::unique_ptr<byte_stream> stream);

    [[nodiscard]] capabilities abilities() const noexcept override;
    [[nodiscard]] read_result read(mutable_bytes buffer, std::span<in_piece> out) override;
    [[nodiscard]] io_result write(std::span<out_segment const> segments) override;
    void probe() override {}
    void shutdown_write() override;
    void close(close_code code, std::string_view reason) override;
    [[nodiscard]] std::optional<close_reason> farewell() const override { return std::nullopt; }
    void abort() override;
    [[nodiscard]] bool wants_write() const noexcept override { return stream_->holds_unsent(); }
    void watch(readiness_sink* sink, bool read_interest, bool write_interest) override;
    void acknowledge_now() override;
    void hold_back(bool on) override;
    [[nodiscard]] std::string peer() const override;
    [[nodiscard]] std::optional<peer_credentials> credentials() const override;
    [[nodiscard]] std::optional<peer_certificate> certificate() const override;
    [[nodiscard]] std::unique_ptr<byte_stream> fold() override;

private:
    std::unique_ptr<byte_stream> stream_;
    bool closing_ = false;
};

}  // namespace trunkline::transport
