// A byte stream that keeps its place at the gate for as long as it lives.
#pragma once

#include <trunkline/serving/connection_gate.hpp>
#include <trunkline/transport/byte_stream.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace trunkline::server {

class counted_stream final : public transport::byte_stream {
public:
    counted_stream(std::unique_ptr<transport::byte_stream> link, connection_gate::place place)
        : place_(std::move(place)), link_(std::move(link)) {}

    [[nodiscard]] transport::io_result read(mutable_bytes into) override {
        return link_->read(into);
    }
    [[nodiscard]] transport::io_result write(std::span<bytes_view const> pieces) override {
        return link_->write(pieces);
    }
    [[nodiscard]] bool holds_unsent() const noexcept override { return link_->holds_unsent(); }
    void shutdown_write() override { link_->shutdown_write(); }
    void close(bool abort) override { link_->close(abort); }
    void watch(transport::readiness_sink* sink, bool read_interest, bool write_interest) override {
        link_->watch(sink, read_interest, write_interest);
    }
    void acknowledge_now() override { link_->acknowledge_now(); }
    void hold_back(bool on) override { link_->hold_back(on); }
    [[nodiscard]] std::string peer() const override { return link_->peer(); }
    [[nodiscard]] std::optional<transport::peer_credentials> credentials() const override {
        return link_->credentials();
    }
    [[nodiscard]] std::optional<transport::peer_certificate> certificate() const override {
        return link_->certificate();
    }

    /// The place stays taken: connection_gate::entered() has it again.
    [[nodiscard]] transport::file_descriptor release() override {
        if (!place_.is_nameless()) {
            return {};
        }
        transport::file_descriptor bare = link_->release();
        if (bare) {
            place_.leave_taken();
        }
        return bare;
    }

private:
    connection_gate::place place_;  // given back after the link is gone
    std::unique_ptr<transport::byte_stream> link_;
};

}  // namespace trunkline::server
