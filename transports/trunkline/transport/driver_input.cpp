// How a driver reads: one batch at a time, as much as the session takes, within the connection's
// share of the turn.
#include <trunkline/transport/driver_implementation.hpp>

#include <trunkline/base/assert.hpp>

#include <algorithm>

namespace trunkline::transport {
namespace {

// Bytes that a connection is asked for at least: one that inflates needs room for both sides of it.
constexpr std::size_t least_read = 64;

}  // namespace

void driver::implementation::run_turn(bool readable) {
    if (phase_ == phase::over || phase_ == phase::idle) {
        return;
    }
    in_turn_ = true;
    bool const may_end = phase_ == phase::draining;
    if (may_end) {
        link_->hold_back(true);  // answers, goodbye and end arrive in one piece
    }
    flush();
    feed_parked();
    if (readable) {
        read_input();
    }
    note_answers_due();
    flush();
    // What the flush made room for: requests that wait, then up to the last parked byte.
    while (!blocked_ && begins_more()) {
        flush();
    }
    if (read_ended_ && parked_.empty()) {
        endpoint_.protocol().end_input(endpoint_.now_us());
        flush();
    }
    if (write_error_ && phase_ != phase::over) {
        // It may have said something before it went; if it has not ended by now, it is dead.
        read_input();
        link_failed(write_error_);
    }
    if (!blocked_ && endpoint_.offer_room()) {
        flush();
        if (phase_ == phase::open || phase_ == phase::draining) {
            loop_.commons().turns().add(*this);  // who writes may have more
        }
    }
    check_drained();
    pump_closing();
    if (may_end && phase_ != phase::over) {
        link_->hold_back(false);
    }
    in_turn_ = false;
    if (phase_ == phase::over) {
        return;
    }
    if (last_read_ && may_read()) {
        // No readiness will tell that the link had nothing more.
        read_soon_ = true;
        loop_.commons().turns().add(*this);
    }
    update_watch();
}

// Whether anything that waited here has been taken up.
bool driver::implementation::begins_more() {
    bool const listening = phase_ == phase::open || phase_ == phase::draining;
    if (listening && endpoint_.protocol().start_waiting(endpoint_.now_us())) {
        return true;
    }
    bool const takes_parked = !parked_.empty() && takes_input();
    feed_parked();
    return takes_parked;
}

bool driver::implementation::takes_input() noexcept {
    return (phase_ == phase::open || phase_ == phase::draining) &&
           endpoint_.protocol().wants_input();
}

bool driver::implementation::may_read() noexcept {
    return !read_ended_ && parked_.empty() && takes_input();
}

void driver::implementation::read_input() {
    std::size_t budget = limits_.input_per_turn_max;
    bool more = true;
    while (more && may_read() && budget >= least_read) {
        more = read_batch(budget);
    }
    last_read_ = last_read_ && more;
    bool const listening = phase_ == phase::open || phase_ == phase::draining;
    if (listening && endpoint_.protocol().mid_message()) {
        link_->acknowledge_now();
    }
}

// One read of the link, with all the pieces it gave. True when another one may give more at once.
bool driver::implementation::read_batch(std::size_t& budget) {
    mutable_bytes const whole = loop_.commons().read_buffer();
    mutable_bytes const buffer = whole.first(std::min(whole.size(), budget));
    std::span<in_piece> const pieces = loop_.commons().pieces();
    std::size_t wire_bytes = 0;
    read_result got;
    do {
        got = link_->read(buffer, pieces);
        wire_bytes += got.wire_bytes;
        if (got.wire_bytes > 0) {
            last_heard_ = loop_.now();
            probes_sent_ = 0;
        }
        feed(pieces.first(got.pieces));
        settle();
    } while (phase_ != phase::over && got.pieces == pieces.size());
    if (got.status == io_status::end) {
        end_why_ = got.error;
    }
    budget -= std::min(budget, wire_bytes);
    if (phase_ == phase::over) {
        return false;
    }
    if (got.status == io_status::end && !parked_.empty() && !abilities_.half_close) {
        read_ended_ = true;
        end_waits_ = true;
    } else if (got.status == io_status::end) {
        peer_ended();
    } else if (got.status == io_status::error) {
        link_failed(got.error);
    }
    // A read that did not fill the buffer has emptied the link; if not, readiness will tell.
    return got.status == io_status::ok && wire_bytes >= buffer.size();
}

void driver::implementation::feed(std::span<in_piece const> pieces) {
    for (in_piece const& piece : pieces) {
        if (phase_ != phase::open && phase_ != phase::draining) {
            return;
        }
        if (parked_.empty()) {
            feed_one(piece.bytes, piece.ends_message);
        } else {
            park(piece.bytes);
        }
    }
}

void driver::implementation::feed_one(bytes_view bytes, bool ends_message) {
    auto& session = endpoint_.protocol();
    for (;;) {
        auto const taken = session.receive(bytes, ends_message, endpoint_.now_us());
        if (phase_ != phase::open && phase_ != phase::draining) {
            return;
        }
        if (!taken) {
            session_failed(taken.error());
            return;
        }
        bytes = bytes.subspan(*taken);
        if (phase_ == phase::open && session.output().is_worth_a_write()) {
            flush();
        }
        if (bytes.empty() || phase_ == phase::over) {
            return;
        }
        if (!takes_input()) {
            park(bytes);
            return;
        }
    }
}

// Bounded by the read buffer: nothing is read while something is parked. Borders are forgotten: a
// session stops taking only when it knows the layout, and then they mean nothing.
void driver::implementation::park(bytes_view bytes) {
    parked_.insert(parked_.end(), bytes.begin(), bytes.end());
}

void driver::implementation::feed_parked() {
    if (parked_.empty() || !takes_input()) {
        return;
    }
    // Taken out first: what is not taken is parked again.
    std::vector<std::byte> const input = std::exchange(parked_, {});
    feed_one(input, false);
    settle();
    if (parked_.empty() && std::exchange(end_waits_, false)) {
        peer_ended();
    }
}

void driver::implementation::settle() {
    if (phase_ != phase::open && phase_ != phase::draining) {
        return;
    }
    auto const settled = endpoint_.protocol().settle();
    if (!settled) {
        session_failed(settled.error());
    }
}

// After a close: what comes is taken from the link, so that it can end in order, and dropped.
void driver::implementation::drop_input() {
    std::size_t budget = limits_.input_per_turn_max;
    while (phase_ == phase::closing && !read_ended_ && budget >= least_read && read_batch(budget)) {
    }
}

void driver::implementation::update_watch() {
    bool const reading = may_read();
    if (reading && !was_reading_) {
        last_heard_ = loop_.now();
        probes_sent_ = 0;
    }
    was_reading_ = reading;
    bool const read_interest = reading || (phase_ == phase::closing && !read_ended_);
    if (read_interest != read_interest_ || blocked_ != write_interest_) {
        read_interest_ = read_interest;
        write_interest_ = blocked_;
        link_->watch(this, read_interest_, write_interest_);
    }
}

}  // namespace trunkline::transport
