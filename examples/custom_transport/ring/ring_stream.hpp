// A byte_stream over shared memory.
#pragma once

#include "shared_memory.hpp"

#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/runtime.hpp>

#include <memory>

namespace ring {

/// Which end of the link this one is.
enum class side { dialler, acceptor };

/// Bytes go through the memory. The socket that they were introduced over is the bell: a byte of it
/// says "look again", and its end that the other process has gone.
class ring_stream final : public trunkline::transport::byte_stream,
                          private trunkline::transport::readiness_sink {
public:
    /// `loop` outlives the stream.
    ring_stream(trunkline::transport::runtime& loop,
                std::unique_ptr<trunkline::transport::byte_stream> bell, shared_lanes memory,
                side mine);
    ~ring_stream() override;

    trunkline::transport::io_result read(trunkline::mutable_bytes into) override;
    trunkline::transport::io_result write(std::span<trunkline::bytes_view const> pieces) override;
    bool holds_unsent() const noexcept override { return false; }
    void shutdown_write() override { end(writing::has_ended); }
    void close(bool abort) override;
    void watch(trunkline::transport::readiness_sink* sink, bool read_interest,
               bool write_interest) override;
    void acknowledge_now() override {}
    void hold_back(bool) override {}
    std::string peer() const override { return bell_->peer(); }
    std::optional<trunkline::transport::peer_credentials> credentials() const override {
        return bell_->credentials();
    }
    std::optional<trunkline::transport::peer_certificate> certificate() const override {
        return bell_->certificate();
    }
    trunkline::transport::file_descriptor release() override { return {}; }

private:
    void on_ready(bool readable, bool writable) override;

    [[nodiscard]] bool can_read() const noexcept;
    [[nodiscard]] bool can_write() const noexcept;
    [[nodiscard]] bool is_due() const noexcept;
    void ring_if(std::atomic<std::uint32_t>& sleeps);
    void end(writing how);
    void arm();
    void tell();

    trunkline::transport::runtime& loop_;
    std::unique_ptr<trunkline::transport::byte_stream> bell_;
    shared_lanes memory_;
    lane& in_;
    lane& out_;
    reader reader_;
    writer writer_;
    trunkline::transport::readiness_sink* sink_ = nullptr;
    bool wants_read_ = false;
    bool wants_write_ = false;
    bool is_told_soon_ = false;
    bool peer_is_gone_ = false;
    bool is_closed_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // what is posted looks at it
};

}  // namespace ring
