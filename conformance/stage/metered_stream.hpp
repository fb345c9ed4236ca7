// A byte stream that counts what its user asks of it, and looks where the bytes lie that it is
// given to write.
#pragma once

#include <trunkline/transport/byte_stream.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace trunkline::stage {

/// What became of one link. Over a socket each of the calls would be one call of the system.
struct stream_meter {
    std::vector<bytes_view> lent;  ///< what is written from here was not copied; set by the test

    std::size_t reads = 0;
    std::size_t other_calls = 0;      ///< interest that changed, acknowledgements, holding back
    std::vector<std::size_t> writes;  ///< bytes that each one took, 0 where the link was full
    std::size_t written = 0;          ///< bytes in all
    std::size_t lent_bytes = 0;       ///< those of them that lie in what is lent
    std::size_t lent_pieces = 0;      ///< entries of gather lists that begin there, of whole writes

    /// Counts from here on.
    void restart() {
        stream_meter fresh;
        fresh.lent = std::move(lent);
        *this = std::move(fresh);
    }

    [[nodiscard]] std::size_t calls() const noexcept { return reads + writes.size() + other_calls; }
};

class metered_stream final : public transport::byte_stream {
public:
    /// `meter` outlives the stream.
    metered_stream(std::unique_ptr<transport::byte_stream> link, stream_meter& meter)
        : link_(std::move(link)), meter_(meter) {}

    [[nodiscard]] transport::io_result read(mutable_bytes into) override;
    [[nodiscard]] transport::io_result write(std::span<bytes_view const> pieces) override;
    [[nodiscard]] bool holds_unsent() const noexcept override { return link_->holds_unsent(); }
    void shutdown_write() override;
    void close(bool abort) override;
    void watch(transport::readiness_sink* sink, bool read_interest, bool write_interest) override;
    void acknowledge_now() override;
    void hold_back(bool on) override;
    [[nodiscard]] std::string peer() const override { return link_->peer(); }
    [[nodiscard]] std::optional<transport::peer_credentials> credentials() const override {
        return link_->credentials();
    }
    [[nodiscard]] std::optional<transport::peer_certificate> certificate() const override {
        return link_->certificate();
    }
    [[nodiscard]] transport::file_descriptor release() override { return link_->release(); }

private:
    [[nodiscard]] bool is_lent(std::byte const* at) const noexcept;

    std::unique_ptr<transport::byte_stream> link_;
    stream_meter& meter_;
};

}  // namespace trunkline::stage
