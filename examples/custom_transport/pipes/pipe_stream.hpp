// A byte_stream over a pair of pipes: one to read from, one to write to.
#pragma once

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/file_descriptor.hpp>
#include <trunkline/transport/readiness_set.hpp>

namespace pipes {

/// A write to a pipe that nobody reads raises SIGPIPE: the program ignores that signal.
class pipe_stream final : public trunkline::transport::byte_stream {
public:
    /// Both are non-blocking; `loop` outlives the stream.
    pipe_stream(trunkline::transport::asio_runtime& loop,
                trunkline::transport::file_descriptor from,
                trunkline::transport::file_descriptor to);
    ~pipe_stream() override;

    trunkline::transport::io_result read(trunkline::mutable_bytes into) override;
    trunkline::transport::io_result write(std::span<trunkline::bytes_view const> pieces) override;
    bool holds_unsent() const noexcept override { return false; }
    void shutdown_write() override { to_.close(); }
    void close(bool abort) override;
    void watch(trunkline::transport::readiness_sink* sink, bool read_interest,
               bool write_interest) override;
    void acknowledge_now() override {}
    void hold_back(bool) override {}
    std::string peer() const override { return from_.is_open() ? "pipes" : ""; }
    std::optional<trunkline::transport::peer_credentials> credentials() const override {
        return {};
    }
    std::optional<trunkline::transport::peer_certificate> certificate() const override {
        return {};
    }
    trunkline::transport::file_descriptor release() override { return {}; }  // it is two

private:
    // One of the two pipes, and who is told about it.
    class half final : public trunkline::transport::watched_handle {
    public:
        half(trunkline::transport::asio_runtime& loop, trunkline::transport::file_descriptor owned);
        [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(owned_); }
        void watch(trunkline::transport::readiness_sink* sink, bool reads, bool writes);
        void close();

    private:
        void on_ready(bool readable, bool writable) override {
            sink_->on_ready(readable, writable);
        }

        trunkline::transport::asio_runtime& loop_;
        trunkline::transport::file_descriptor owned_;
        trunkline::transport::readiness_sink* sink_ = nullptr;
    };

    half from_;
    half to_;
};

}  // namespace pipes
