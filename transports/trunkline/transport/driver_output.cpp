// How a driver writes: everything queued goes into one gather write, again until the link is full.
#include <trunkline/transport/driver_implementation.hpp>

#include <algorithm>

namespace trunkline::transport {
namespace {

// The first segments, at least one, that have no more than `size_max` bytes.
std::span<out_segment const> within(std::span<out_segment const> segments,
                                    std::size_t size_max) noexcept {
    std::size_t count = 0;
    std::size_t size = 0;
    while (count < segments.size() && (count == 0 || size <= size_max)) {
        size += segments[count++].bytes.size();
    }
    return segments.first(size > size_max && count > 1 ? count - 1 : count);
}

}  // namespace

void driver::implementation::flush() {
    if (phase_ == phase::over || blocked_ || write_error_) {
        return;
    }
    auto& output = endpoint_.protocol().output();
    if (end_waits_) {
        output.clear();  // the peer has gone and listens no more
    }
    if (!output.empty() && holds_answers()) {
        plan_sweep(hold_until());
        return;
    }
    std::size_t written = 0;
    while (output.may_give()) {
        if (written >= output_per_turn_max) {
            write_blocked();
            return;
        }
        std::span<out_segment> const room = loop_.commons().segments();
        std::size_t const most = 2 * output_per_turn_max - written;
        auto const result = link_->write(within(room.first(output.peek(room)), most));
        if (result.status == io_status::error) {
            write_failed(result.error);
            return;
        }
        if (result.status == io_status::ok) {
            stalled_since_.reset();  // also by what waited in the connection
        }
        if (result.status != io_status::ok || result.size == 0) {
            write_blocked();
            return;
        }
        output.consume(result.size);
        written += result.size;
    }
    flush_control();
}

// What waits in the connection: pings, pongs and closes of its own, and what it took of our output
// and the link did not.
void driver::implementation::flush_control() {
    while (phase_ != phase::over && !blocked_ && !write_error_ && link_->wants_write()) {
        auto const result = link_->write({});
        if (result.status == io_status::error) {
            write_failed(result.error);
        } else if (result.status == io_status::would_block) {
            write_blocked();
        } else {
            stalled_since_.reset();
        }
    }
    if (!blocked_) {
        stalled_since_.reset();  // nothing waits for the link
    }
}

void driver::implementation::write_blocked() {
    blocked_ = true;
    if (!stalled_since_) {
        stalled_since_ = loop_.now();
        plan_sweep(*stalled_since_ + limits_.write_stall_timeout);
    }
}

// The end of the turn decides what becomes of it: something may be left to read.
void driver::implementation::write_failed(error_code why) {
    write_error_ = why;
    endpoint_.protocol().output().clear();
    if (!in_turn_) {
        loop_.commons().turns().add(*this);
    }
}

// The last words, then the end.
void driver::implementation::pump_closing() {
    if (phase_ != phase::closing) {
        return;
    }
    flush();
    if (!ending_->link_closed && !blocked_ && !write_error_) {
        ending_->link_closed = true;
        link_->close(ending_->code, ending_->reason);
        flush_control();
    }
    drop_input();
    if (phase_ != phase::closing) {
        return;
    }
    flush_control();
    bool const all_said = ending_->link_closed && !blocked_;
    if (write_error_ || (read_ended_ && all_said)) {
        finish_as_decided();
    }
}

}  // namespace trunkline::transport
