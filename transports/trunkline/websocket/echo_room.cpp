#include <trunkline/websocket/echo_room.hpp>

#include <trunkline/base/growing_buffer.hpp>
#include <trunkline/transport/loop_commons.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace trunkline::websocket {

using transport::close_code;
using transport::io_status;
using transport::read_result;
using time_point = transport::runtime::time_point;

namespace {

constexpr std::size_t pieces_per_read = 128;
constexpr std::chrono::milliseconds sweep_interval{250};
constexpr std::size_t not_joined = SIZE_MAX;

/// A reply that waits for the link, or a message that is not complete yet.
struct held_message {
    growing_buffer bytes;
    message_kind kind = message_kind::binary;
    std::size_t sent = 0;

    [[nodiscard]] message_segment segment() const noexcept {
        return {.bytes = bytes.view().subspan(sent),
                .message_size = bytes.size(),
                .kind = kind,
                .begins = sent == 0};
    }
};

}  // namespace

/// What one read and its replies need, shared by all guests: nothing of it outlives the read.
struct echo_room::desk {
    std::array<message_piece, pieces_per_read> pieces;
    std::array<message_segment, pieces_per_read> replies;
    std::array<std::size_t, pieces_per_read> joined;  // index in `made`, or not_joined
    std::vector<held_message> made;                   // replies that were put together
};

class echo_room::guest final : private transport::readiness_sink {
public:
    guest(echo_room& owner, std::unique_ptr<connection> link)
        : owner_(owner), link_(std::move(link)), heard_(owner.shared_.loop().now()) {}

    void start(std::list<guest>::iterator self) {
        self_ = self;
        link_->watch(this, true, false);
    }

    /// False when its time is up.
    bool check_time(time_point now) {
        auto const& limits = owner_.limits_;
        if (closing_since_) {
            return now - *closing_since_ < limits.close_timeout;
        }
        if (!waiting_.empty()) {
            return now - progress_ < limits.write_stall_timeout;
        }
        if (now - heard_ >= limits.silence_timeout) {
            return false;
        }
        if (now - heard_ >= limits.ping_after && !probed_) {
            probed_ = true;
            link_->probe();
            rewatch();
        }
        return true;
    }

    void close(close_code code, std::string_view reason) {
        if (!closing_since_) {
            closing_since_ = owner_.shared_.loop().now();
            link_->close(code, reason);
            rewatch();
        }
    }

private:
    void on_ready(bool readable, bool writable) override {
        bool alive = !writable || send_waiting();
        if (alive && readable && waiting_.empty()) {
            alive = read_turn();
        }
        if (alive) {
            rewatch();
        } else {
            owner_.guests_.erase(self_);  // and with it this object
        }
    }

    void rewatch() {
        link_->watch(this, waiting_.empty(), !waiting_.empty() || link_->wants_write());
    }

    // Until nothing is left, the link is full, or the turn's share is used up. False at the end.
    bool read_turn() {
        std::size_t taken = 0;
        bool more = true;
        while (more && taken < owner_.limits_.input_per_turn_max && waiting_.empty()) {
            if (!read_batch(taken, more)) {
                return false;
            }
        }
        return true;
    }

    // One read of the link, with all the messages it gave: they are in the buffer that serves
    // others next. A read that did not fill the buffer has emptied the link.
    bool read_batch(std::size_t& taken, bool& more) {
        mutable_bytes const buffer = owner_.shared_.loop().commons().read_buffer();
        auto& pieces = owner_.desk_->pieces;
        read_result got;
        std::size_t wire_bytes = 0;
        do {
            got = link_->read_messages(buffer, pieces);
            wire_bytes += got.wire_bytes;
            if (got.status == io_status::would_block) {
                break;
            }
            bool const echoed =
                got.status == io_status::ok && echo(std::span(pieces).first(got.pieces));
            owner_.desk_->made.clear();
            if (!echoed) {
                return false;
            }
        } while (got.pieces == pieces.size());
        if (wire_bytes > 0) {
            heard_ = owner_.shared_.loop().now();
            probed_ = false;
        }
        taken += wire_bytes;
        more = wire_bytes >= buffer.size();
        return true;
    }

    // Whole messages are sent from where they lie; others are put together first. False when the
    // link or the memory failed.
    bool echo(std::span<message_piece const> pieces) {
        desk& at = *owner_.desk_;
        std::size_t count = 0;
        for (message_piece const& piece : pieces) {
            if (piece.ends_message && !partial_) {
                at.joined[count] = not_joined;
                at.replies[count++] = {.bytes = piece.bytes,
                                       .message_size = piece.bytes.size(),
                                       .kind = piece.kind,
                                       .begins = true};
                continue;
            }
            if (!partial_) {
                partial_.emplace().kind = piece.kind;
            }
            if (!partial_->bytes.append(piece.bytes)) {
                return false;
            }
            if (piece.ends_message) {
                at.joined[count] = at.made.size();
                at.made.push_back(std::move(*partial_));
                partial_.reset();
                at.replies[count++] = at.made.back().segment();
            }
        }
        send_result done;
        if (waiting_.empty()) {
            done = link_->write_messages(std::span(at.replies).first(count));
        }
        for (std::size_t i = done.segments; i < count; ++i) {
            if (!hold(i, i == done.segments ? done.offset : 0)) {
                return false;
            }
        }
        return done.status != io_status::error;
    }

    // What the link did not take: moved where it was put together, else copied.
    bool hold(std::size_t index, std::size_t sent) {
        desk& at = *owner_.desk_;
        message_segment const& reply = at.replies[index];
        held_message& held = waiting_.emplace_back();
        progress_ = owner_.shared_.loop().now();
        if (at.joined[index] != not_joined) {
            held = std::move(at.made[at.joined[index]]);
        } else if (!held.bytes.append(reply.bytes)) {
            return false;
        }
        held.kind = reply.kind;
        held.sent = sent;
        return true;
    }

    bool send_waiting() {
        while (!waiting_.empty()) {
            auto& segments = owner_.desk_->replies;
            std::size_t const count = std::min(waiting_.size(), segments.size());
            for (std::size_t i = 0; i < count; ++i) {
                segments[i] = waiting_[i].segment();
            }
            send_result const done = link_->write_messages(std::span(segments).first(count));
            if (done.status == io_status::error) {
                return false;
            }
            if (done.moved) {
                progress_ = owner_.shared_.loop().now();
            }
            waiting_.erase(waiting_.begin(),
                           waiting_.begin() + static_cast<std::ptrdiff_t>(done.segments));
            if (!waiting_.empty()) {
                waiting_.front().sent += done.offset;
            }
            if (done.status == io_status::would_block) {
                return true;
            }
        }
        heard_ = std::max(heard_, progress_);  // taking our replies is a sign of life
        return !link_->wants_write() || link_->write({}).status != io_status::error;
    }

    echo_room& owner_;
    std::unique_ptr<connection> link_;
    std::optional<held_message> partial_;
    std::deque<held_message> waiting_;
    time_point heard_;
    time_point progress_{};  // of waiting_
    std::optional<time_point> closing_since_;
    bool probed_ = false;
    std::list<guest>::iterator self_;
};

echo_room::echo_room(context& shared, connection_limits const& limits)
    : shared_(shared), limits_(limits), desk_(std::make_unique<desk>()) {}

echo_room::~echo_room() = default;

void echo_room::add(std::unique_ptr<connection> link) {
    auto const made = guests_.emplace(guests_.end(), *this, std::move(link));
    made->start(made);
    if (sweeping_ == nullptr) {
        sweep_later();
    }
}

void echo_room::close() {
    for (guest& each : guests_) {
        each.close(close_code::going_away, "the server is stopping");
    }
}

void echo_room::sweep_later() {
    sweeping_ = shared_.loop().after(sweep_interval, [this] { sweep(); });
}

// One timer for all: an idle connection has none.
void echo_room::sweep() {
    time_point const now = shared_.loop().now();
    guests_.remove_if([now](guest& each) { return !each.check_time(now); });
    sweeping_.reset();
    if (!guests_.empty()) {
        sweep_later();
    }
}

}  // namespace trunkline::websocket
