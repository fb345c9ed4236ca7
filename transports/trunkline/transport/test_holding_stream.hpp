// For tests: a byte stream that takes more than its link, as one through TLS does.
#pragma once

#include <trunkline/transport/byte_stream.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::transport::testing {

/// Passes everything on, and holds up to `room` bytes that the link does not take.
class holding_stream : public byte_stream, private readiness_sink {
public:
    holding_stream(std::unique_ptr<byte_stream> link, std::size_t room)
        : link_(std::move(link)), room_(room) {}

    io_result read(mutable_bytes into) override { return link_->read(into); }

    io_result write(std::span<bytes_view const> pieces) override {
        bool const moved = send();
        std::size_t size = 0;
        if (held_.empty()) {
            for (bytes_view const piece : pieces) {
                std::size_t const part = std::min(piece.size(), room_ - held_.size());
                held_.insert(held_.end(), piece.begin(), piece.begin() + static_cast<long>(part));
                size += part;
            }
            static_cast<void>(send());
        }
        return {.status = moved || size > 0 ? io_status::ok : io_status::would_block,
                .size = size,
                .error = {}};
    }

    bool holds_unsent() const noexcept override { return !held_.empty(); }

    void shutdown_write() override {
        ends_ = true;
        static_cast<void>(send());
    }

    void close(bool abort) override { link_->close(abort); }

    void watch(readiness_sink* sink, bool read_interest, bool write_interest) override {
        sink_ = sink;
        for_read_ = read_interest;
        for_write_ = write_interest;
        bool const asked = sink != nullptr;
        link_->watch(asked ? this : nullptr, read_interest,
                     asked && (write_interest || !held_.empty()));
    }

    void acknowledge_now() override { link_->acknowledge_now(); }
    void hold_back(bool on) override { link_->hold_back(on); }
    std::string peer() const override { return link_->peer(); }
    std::optional<peer_credentials> credentials() const override { return link_->credentials(); }
    std::optional<peer_certificate> certificate() const override { return link_->certificate(); }
    file_descriptor release() override { return {}; }

private:
    // True when the link took any of it.
    bool send() {
        bool moved = false;
        while (!held_.empty()) {
            std::array<bytes_view, 1> const all{held_};
            io_result const took = link_->write(all);
            if (took.status != io_status::ok) {
                return moved;
            }
            moved = true;
            held_.erase(held_.begin(), held_.begin() + static_cast<long>(took.size));
        }
        if (std::exchange(ends_, false)) {
            link_->shutdown_write();
        }
        return moved;
    }

    void on_ready(bool readable, bool writable) override {
        if (writable && !for_write_) {
            static_cast<void>(send());
            watch(sink_, for_read_, for_write_);
        }
        if ((readable && for_read_) || (writable && for_write_)) {
            sink_->on_ready(readable && for_read_, writable && for_write_);
        }
    }

    std::unique_ptr<byte_stream> link_;
    std::size_t room_;
    std::vector<std::byte> held_;
    readiness_sink* sink_ = nullptr;
    bool for_read_ = false;
    bool for_write_ = false;
    bool ends_ = false;
};

}  // namespace trunkline::transport::testing
