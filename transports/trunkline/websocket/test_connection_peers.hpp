// For tests of connections: owners without a session, and peers that are only bytes.
#pragma once

#include <trunkline/base/gather_queue.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/websocket/connection.hpp>
#include <trunkline/websocket/test_frames.hpp>

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::websocket::testing {

using lines = std::vector<std::string>;

inline context_options seeded(std::uint64_t seed, websocket_limits const& limits = {}) {
    context_options options;
    options.masks = mask_generator(seed);
    options.limits = limits;
    return options;
}

/// A driver without a session: writes down what it reads, sends frames of a queue, keeps to the
/// connection's contract.
class talker final : private transport::readiness_sink {
public:
    talker(context& shared, role side, std::unique_ptr<transport::byte_stream> link,
           std::string_view early = {}, deflate_agreement agreed = {})
        : connection_(std::make_unique<connection>(shared, side, std::move(link), as_bytes(early),
                                                   agreed)) {
        rewatch();
    }

    void send(std::string_view message) {
        queue_.begin_frame(message.size());
        queue_.append_copy(as_bytes(message));
        push();
    }

    void close(transport::close_code code, std::string_view reason) {
        connection_->close(code, reason);
        rewatch();
    }

    void probe() {
        connection_->probe();
        rewatch();
    }

    connection& link() { return *connection_; }
    bool ended() const { return connection_ == nullptr; }
    lines const& messages() const { return messages_; }
    std::string const& end() const { return end_; }
    error_code error() const { return error_; }
    std::size_t queued() const { return queue_.size(); }
    std::uint64_t wire_bytes() const { return wire_bytes_; }

    bool once_per_turn = false;  // reads no further than it must
    bool discards = false;       // keeps nothing of what it reads
    std::size_t slots = 3;
    std::size_t buffer_size = 50;

private:
    void on_ready(bool readable, bool /*writable*/) override {
        if (readable) {
            read_all();
        }
        if (connection_ != nullptr) {
            push();
        }
    }

    void read_all() {
        std::vector<std::byte> buffer(buffer_size);
        std::vector<transport::in_piece> pieces(slots);
        for (;;) {
            auto const got = connection_->read(buffer, pieces);
            wire_bytes_ += got.wire_bytes;
            for (std::size_t i = 0; i < got.pieces && !discards; ++i) {
                partial_ += as_text(pieces[i].bytes);
                if (pieces[i].ends_message) {
                    messages_.push_back(partial_);
                    partial_.clear();
                }
            }
            if (got.status == transport::io_status::would_block) {
                return;
            }
            if (got.status != transport::io_status::ok) {
                auto const* const close = connection_->received_close();
                failure_ = connection_->failure();
                error_ = got.error;
                end_ = failure_ ? "error: " + std::string(describe(*failure_))
                       : got.status == transport::io_status::error ? "lost"
                       : close == nullptr
                           ? "end"
                           : "close " + std::to_string(close->code) + " " + close->reason;
                connection_.reset();
                return;
            }
            if (once_per_turn && got.pieces < slots) {
                return;
            }
        }
    }

    void push() {
        while (!queue_.empty()) {
            std::array<out_segment, 4> segments;
            auto const part = std::span(segments).first(queue_.peek(segments));
            auto const done = connection_->write(part);
            if (done.status != transport::io_status::ok) {
                EXPECT_NE(done.status, transport::io_status::end);
                break;
            }
            queue_.consume(done.size);
        }
        if (connection_->wants_write()) {
            EXPECT_NE(connection_->write({}).status, transport::io_status::error);
        }
        rewatch();
    }

    void rewatch() {
        connection_->watch(this, true, !queue_.empty() || connection_->wants_write());
    }

    std::unique_ptr<connection> connection_;
    gather_queue queue_;
    lines messages_;
    std::string partial_;
    std::string end_;
    std::optional<websocket_error> failure_;
    error_code error_;
    std::uint64_t wire_bytes_ = 0;
};

/// Two connections over one pipe.
struct pair_of {
    explicit pair_of(transport::pipe_options const& options = {},
                     websocket_limits const& limits = {}, deflate_agreement agreed = {})
        : shared(loop, seeded(1, limits)), pipe(transport::make_simulated_pipe(loop, options)) {
        server = std::make_unique<talker>(shared, role::server, std::move(pipe.first), "", agreed);
        client = std::make_unique<talker>(shared, role::client, std::move(pipe.second), "", agreed);
    }

    transport::simulated_runtime loop;
    context shared;
    transport::simulated_pipe pipe;
    std::unique_ptr<talker> server;
    std::unique_ptr<talker> client;
};

/// One connection of ours, and a peer that is only bytes.
struct raw_peer {
    explicit raw_peer(role us, websocket_limits const& limits = {}, std::string_view early = {},
                      transport::pipe_options const& options = {}, deflate_agreement agreed = {})
        : shared(loop, seeded(1, limits)),
          pipe(transport::make_simulated_pipe(loop, options)),
          heard(other(us), {}, agreed) {
        ours = std::make_unique<talker>(shared, us, std::move(pipe.first), early, agreed);
        peer = std::move(pipe.second);
    }

    void send(std::string_view bytes) {
        std::array const pieces{as_bytes(bytes)};
        auto const done = peer->write(pieces);
        EXPECT_EQ(done.size, bytes.size());
        loop.run_until_idle();
    }

    /// Reads what came; true at the end of the stream.
    bool hear() {
        loop.run_until_idle();
        std::vector<std::byte> buffer(4096);
        for (;;) {
            auto const got = peer->read(buffer);
            if (got.status != transport::io_status::ok) {
                return got.status == transport::io_status::end;
            }
            heard.feed(as_text(bytes_view(buffer).first(got.size)));
            heard_bytes += got.size;
        }
    }

    transport::simulated_runtime loop;
    context shared;
    transport::simulated_pipe pipe;
    std::unique_ptr<talker> ours;
    std::unique_ptr<transport::byte_stream> peer;
    transcript heard;
    std::size_t heard_bytes = 0;
};

}  // namespace trunkline::websocket::testing
