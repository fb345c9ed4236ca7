#include <trunkline/chat/open_link.hpp>

#include <trunkline/chat/frame_batch.hpp>
#include <trunkline/chat/visitors.hpp>
#include <trunkline/transport/loop_commons.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace trunkline::chat {

using transport::io_status;
using websocket::message_segment;

open_link::open_link(visitors& owner, visitor& slot, std::unique_ptr<websocket::connection> link,
                     std::size_t index)
    : owner_(owner),
      slot_(slot),
      link_(std::move(link)),
      index_(index),
      heard_(owner.loop().now()),
      progress_(heard_) {}

open_link::~open_link() = default;

// Out

std::size_t open_link::send(std::span<rooms::shared_message const> messages) {
    if (closing_since_ || slot_.is_doomed_) {
        return messages.size();
    }
    std::size_t taken = 0;
    while (taken < messages.size() && !has_output()) {
        taken += send_some(messages.subspan(taken));
    }
    return taken;
}

// As many as one write takes. What is left of the last of them is for push().
std::size_t open_link::send_some(std::span<rooms::shared_message const> messages) {
    std::span<message_segment> const room = owner_.segments();
    std::size_t per_message = 1;
    std::size_t count = 0;
    std::size_t offered = 0;
    for (; offered < messages.size() && count + most_pieces <= room.size(); ++offered) {
        per_message = segments_of(messages[offered], room.subspan(count));
        count += per_message;
    }
    auto const done = link_->write_messages(room.first(count));
    if (done.status == io_status::error) {
        owner_.doom(slot_);
        return messages.size();
    }
    if (done.status == io_status::ok) {
        return offered;
    }
    std::size_t const whole = done.segments / per_message;
    sending_ = messages[whole];
    sent_ = done.offset;
    for (std::size_t i = whole * per_message; i < done.segments; ++i) {
        sent_ += room[i].bytes.size();
    }
    wait_for_link();
    return whole + 1;
}

std::size_t open_link::segments_of(rooms::shared_message const& message,
                                   std::span<message_segment> out) const {
    std::array<bytes_view, most_pieces> pieces;
    std::size_t const count = pieces_of(message.bytes(), slot_.has_document_layout(), pieces);
    std::uint64_t size = 0;
    for (bytes_view const each : std::span(pieces).first(count)) {
        size += each.size();
    }
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = {.bytes = pieces[i],
                  .message_size = size,
                  .kind = owner_.desk_.of.speaks.kind(),
                  .begins = i == 0};
    }
    return count;
}

void open_link::wait_for_link() {
    is_full_ = true;
    note_progress();
    rewatch();
}

void open_link::note_progress() {
    progress_ = owner_.loop().now();
}

// False when the link is lost.
bool open_link::push() {
    is_full_ = false;
    while (sending_) {
        std::array<message_segment, most_pieces> rest;
        std::size_t const count = segments_of(sending_, rest);
        std::size_t skipped = 0;
        std::size_t sent = sent_;
        for (; skipped < count && sent >= rest[skipped].bytes.size(); ++skipped) {
            sent -= rest[skipped].bytes.size();
        }
        if (skipped < count) {
            rest[skipped].bytes = rest[skipped].bytes.subspan(sent);
            rest[skipped].begins = sent_ == 0;
        }
        auto const left = std::span(rest).subspan(skipped, count - skipped);
        auto const done = link_->write_messages(left);
        if (done.status == io_status::error) {
            return false;
        }
        if (done.moved) {
            note_progress();
        }
        for (std::size_t i = 0; i < done.segments; ++i) {
            sent_ += left[i].bytes.size();
        }
        sent_ += done.offset;
        if (done.status == io_status::would_block) {
            is_full_ = true;
            return true;
        }
        sending_ = {};
        sent_ = 0;
    }
    if (link_->wants_write()) {
        auto const done = link_->write_messages({});
        if (done.moved) {
            note_progress();
        }
        is_full_ = done.status == io_status::would_block;
        return done.status != io_status::error;
    }
    return true;
}

// In

bool open_link::read_turn() {
    std::size_t taken = 0;
    bool more = true;
    while (more && taken < connection_limits{}.input_per_turn_max) {
        is_held_ = !slot_.may_speak();
        if (is_held_ && !closing_since_) {
            return true;
        }
        if (!read_batch(taken, more)) {
            return false;
        }
    }
    return true;
}

// One read of the link, with all the messages it gave: they lie in the buffer that serves others
// next.
bool open_link::read_batch(std::size_t& taken, bool& more) {
    mutable_bytes const buffer = owner_.loop().commons().read_buffer();
    std::span<websocket::message_piece> const pieces = owner_.pieces();
    transport::read_result got;
    std::size_t wire_bytes = 0;
    do {
        got = link_->read_messages(buffer, pieces);
        wire_bytes += got.wire_bytes;
        if (got.status == io_status::end || got.status == io_status::error) {
            return false;
        }
        for (auto const& each : pieces.first(got.pieces)) {
            if (!take(each)) {
                return false;
            }
        }
    } while (got.status == io_status::ok && got.pieces == pieces.size());
    if (wire_bytes > 0) {
        heard_ = owner_.loop().now();
        slot_.pings_ = 0;
    }
    taken += wire_bytes;
    more = wire_bytes >= buffer.size();
    return true;
}

// Whole messages are understood where they lie; others are put together first.
bool open_link::take(websocket::message_piece const& piece) {
    bool const is_whole = piece.ends_message && !in_message_;
    if (!is_whole && !partial_.append(piece.bytes)) {
        return false;
    }
    in_message_ = !piece.ends_message;
    if (in_message_) {
        return true;
    }
    ++messages_;
    bytes_view const message = is_whole ? piece.bytes : partial_.view();
    slot_.act(understand(owner_.desk_.of.speaks.spoken(), piece.kind, message, slot_.layout_));
    partial_.clear();
    return true;
}

// Turns

void open_link::on_ready(bool readable, bool writable) {
    if (writable) {
        if (!push()) {
            owner_.depart(slot_);
            return;
        }
        if (!has_output()) {
            slot_.resume();
        }
    }
    owner_.turn(slot_, readable);
}

void open_link::rewatch() {
    bool const reads = !is_held_ || closing_since_.has_value();
    link_->watch(this, reads, has_output());
}

void open_link::read_again() {
    is_held_ = false;
    rewatch();
}

void open_link::close(ending const& why) {
    if (!closing_since_) {
        closing_since_ = owner_.loop().now();
        sending_ = {};
        link_->close(why.code, why.reason);
        rewatch();
    }
}

bool open_link::check_time(time_point now) {
    auto const& times = owner_.times();
    if (closing_since_) {
        return now - *closing_since_ < times.close_timeout;
    }
    if (has_output()) {
        return now - progress_ < times.write_stall_timeout;
    }
    if (is_held_) {
        heard_ = now;  // nothing counts while nothing is read
    } else if (now - heard_ >= times.idle_timeout) {
        close({.reason = "no sign of life"});
    } else if (now - heard_ >= times.ping_after * (slot_.pings_ + 1)) {
        ++slot_.pings_;
        link_->probe();
        rewatch();
    }
    return true;
}

std::unique_ptr<transport::byte_stream> open_link::fold() {
    bool const rests = !has_output() && !slot_.has_waiting() && !in_message_ && !closing_since_ &&
                       !is_held_ && !slot_.is_doomed_;
    return rests ? link_->fold() : nullptr;
}

}  // namespace trunkline::chat
