// A connection that passes everything on to another one: for those that change one thing.
#pragma once

#include <trunkline/transport/connection.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace trunkline::transport {

/// Derive from it and override what is to be different. It does not fold: what is different would
/// be lost.
class passing_connection : public connection {
public:
    explicit passing_connection(std::unique_ptr<connection> inner) : inner_(std::move(inner)) {}

    [[nodiscard]] capabilities abilities() const noexcept override { return inner_->abilities(); }
    [[nodiscard]] read_result read(mutable_bytes buffer, std::span<in_piece> out) override {
        return inner_->read(buffer, out);
    }
    [[nodiscard]] io_result write(std::span<out_segment const> segments) override {
        return inner_->write(segments);
    }
    void probe() override { inner_->probe(); }
    void shutdown_write() override { inner_->shutdown_write(); }
    void close(close_code code, std::string_view reason) override { inner_->close(code, reason); }
    [[nodiscard]] std::optional<close_reason> farewell() const override {
        return inner_->farewell();
    }
    void abort() override { inner_->abort(); }
    [[nodiscard]] bool wants_write() const noexcept override { return inner_->wants_write(); }
    void watch(readiness_sink* sink, bool read_interest, bool write_interest) override {
        inner_->watch(sink, read_interest, write_interest);
    }
    void acknowledge_now() override { inner_->acknowledge_now(); }
    void hold_back(bool on) override { inner_->hold_back(on); }
    [[nodiscard]] std::string peer() const override { return inner_->peer(); }
    [[nodiscard]] std::optional<peer_credentials> credentials() const override {
        return inner_->credentials();
    }
    [[nodiscard]] std::optional<peer_certificate> certificate() const override {
        return inner_->certificate();
    }
    [[nodiscard]] std::unique_ptr<byte_stream> fold() override { return nullptr; }

protected:
    /// What everything is passed on to.
    [[nodiscard]] connection& inner() noexcept { return *inner_; }

private:
    std::unique_ptr<connection> inner_;
};

}  // namespace trunkline::transport
