#include "ring_stream.hpp"

#include <trunkline/transport/error.hpp>

#include <boost/asio/error.hpp>

#include <array>
#include <utility>

namespace ring {
namespace {

namespace net_error = boost::asio::error;
using trunkline::error_code;
using trunkline::transport::io_result;
using trunkline::transport::io_status;
using trunkline::transport::readiness_sink;
using trunkline::transport::transport_error;

io_result failed(error_code why) noexcept {
    return {.status = io_status::error, .size = 0, .error = why};
}

}  // namespace

ring_stream::ring_stream(trunkline::transport::runtime& loop,
                         std::unique_ptr<trunkline::transport::byte_stream> bell,
                         shared_lanes memory, side mine)
    : loop_(loop),
      bell_(std::move(bell)),
      memory_(std::move(memory)),
      in_(mine == side::dialler ? memory_->from_acceptor : memory_->from_dialler),
      out_(mine == side::dialler ? memory_->from_dialler : memory_->from_acceptor),
      reader_(in_),
      writer_(out_) {}

ring_stream::~ring_stream() {
    close(false);
}

io_result ring_stream::read(trunkline::mutable_bytes into) {
    if (is_closed_) {
        return failed(net_error::bad_descriptor);
    }
    // First the state, then the count: what was written before an end is seen before it.
    auto const state = static_cast<writing>(in_.state.load());
    auto const waiting = reader_.size();
    if (!waiting) {
        return failed(make_error_code(transport_error::protocol_error));
    }
    if (state == writing::is_broken) {
        return failed(net_error::connection_reset);
    }
    if (*waiting > 0) {
        auto const size = reader_.read(into);
        ring_if(in_.writer_sleeps);
        return {.status = io_status::ok, .size = size, .error = {}};
    }
    if (state == writing::has_ended) {
        return {.status = io_status::end, .size = 0, .error = {}};
    }
    return peer_is_gone_ ? failed(net_error::connection_reset)
                         : io_result{io_status::would_block, 0, {}};
}

io_result ring_stream::write(std::span<trunkline::bytes_view const> pieces) {
    if (is_closed_ || peer_is_gone_ || in_.state == std::uint32_t(writing::is_broken) ||
        out_.state != std::uint32_t(writing::goes_on) || out_.reader_is_gone != 0) {
        return failed(net_error::broken_pipe);
    }
    if (!writer_.room()) {
        return failed(make_error_code(transport_error::protocol_error));
    }
    auto const size = writer_.write(pieces);
    if (size == 0) {
        return {.status = io_status::would_block, .size = 0, .error = {}};
    }
    ring_if(out_.reader_sleeps);
    return {.status = io_status::ok, .size = size, .error = {}};
}

void ring_stream::end(writing how) {
    if (out_.state == std::uint32_t(writing::goes_on) || how == writing::is_broken) {
        out_.state = std::uint32_t(how);
        ring_if(out_.reader_sleeps);
    }
}

void ring_stream::close(bool abort) {
    if (!std::exchange(is_closed_, true)) {
        end(abort ? writing::is_broken : writing::has_ended);
        in_.reader_is_gone = 1;
        bell_->close(false);  // and so the other side looks again
        sink_ = nullptr;
        alive_.reset();
    }
}

void ring_stream::watch(readiness_sink* sink, bool read_interest, bool write_interest) {
    if (is_closed_) {
        return;
    }
    sink_ = read_interest || write_interest ? sink : nullptr;
    wants_read_ = read_interest;
    wants_write_ = write_interest;
    bool const listens = sink_ != nullptr && !peer_is_gone_;
    bell_->watch(listens ? this : nullptr, listens, false);
    arm();
}

bool ring_stream::can_read() const noexcept {
    return reader_.size() != 0U || in_.state != std::uint32_t(writing::goes_on) || peer_is_gone_;
}

bool ring_stream::can_write() const noexcept {
    return writer_.room() != 0U || out_.reader_is_gone != 0 || peer_is_gone_;
}

bool ring_stream::is_due() const noexcept {
    return (wants_read_ && can_read()) || (wants_write_ && can_write());
}

// Readiness is level-triggered: as long as something can be done, the sink is told in every turn.
// Else the other side is asked for the bell, and then looked at once more: it may have been done
// between the look and the asking.
void ring_stream::arm() {
    if (sink_ == nullptr || is_told_soon_) {
        return;
    }
    if (!is_due()) {
        in_.reader_sleeps = wants_read_ ? 1 : 0;
        out_.writer_sleeps = wants_write_ ? 1 : 0;
        if (!is_due()) {
            return;
        }
    }
    is_told_soon_ = true;
    loop_.post([this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) {
            is_told_soon_ = false;
            tell();
        }
    });
}

// The sink may destroy this stream.
void ring_stream::tell() {
    std::weak_ptr const alive = alive_;
    if (sink_ != nullptr && is_due()) {
        sink_->on_ready(wants_read_ && can_read(), wants_write_ && can_write());
    }
    if (!alive.expired()) {
        arm();
    }
}

void ring_stream::ring_if(std::atomic<std::uint32_t>& sleeps) {
    if (sleeps.exchange(0) != 0 && !peer_is_gone_) {
        static constexpr std::array<std::byte, 1> stroke{std::byte{'r'}};
        trunkline::bytes_view const piece = stroke;
        // Where there is no room the other side has bytes of the bell before it anyway.
        static_cast<void>(bell_->write({&piece, 1}));
    }
}

void ring_stream::on_ready(bool, bool) {
    std::array<std::byte, 64> strokes;
    auto const got = bell_->read(strokes);
    if (got.status == io_status::end || got.status == io_status::error) {
        peer_is_gone_ = true;
        bell_->watch(nullptr, false, false);
    }
    tell();
}

}  // namespace ring
