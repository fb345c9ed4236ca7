#include <trunkline/chat_client/message_link.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/transport/loop_commons.hpp>

#include <array>
#include <utility>

namespace trunkline::chat_client {

using transport::io_status;
using transport::transport_error;
using websocket::message_piece;
using websocket::message_segment;

namespace {

constexpr std::size_t pieces_per_read = 64;
constexpr std::size_t segments_per_write = 64;
constexpr std::chrono::milliseconds look_interval{250};
constexpr connection_limits limits;
constexpr std::uint16_t no_close = 1006;

}  // namespace

message_link::message_link(websocket::context& shared, std::unique_ptr<websocket::connection> link,
                           told whom)
    : shared_(shared), link_(std::move(link)), whom_(std::move(whom)), heard_(shared.loop().now()) {
    link_->watch(this, true, false);
    look_later();
}

message_link::~message_link() {
    link_->watch(nullptr, false, false);
}

void message_link::send(websocket::message_kind kind, bytes_view message) {
    if (closing_since_) {
        return;
    }
    waiting_.push_back({.bytes = {message.begin(), message.end()}, .kind = kind});
    waiting_size_ += message.size();
    if (!is_busy_) {
        on_ready(false, true);
    }
}

void message_link::close() {
    if (!closing_since_) {
        closing_since_ = shared_.loop().now();
        if (!is_busy_) {
            on_ready(false, true);
        }
    }
}

void message_link::on_ready(bool readable, bool /*writable*/) {
    is_busy_ = true;
    bool const was_full = is_full();
    if (readable && !read()) {
        return;  // and this object may have gone
    }
    write();
    is_busy_ = false;
    link_->watch(this, true, !broken_ && (!waiting_.empty() || link_->wants_write()));
    if (was_full && !is_full()) {
        whom_.on_drained();
    }
}

// One read of the link, with all that it gave. False when it has ended.
bool message_link::read() {
    mutable_bytes const buffer = shared_.loop().commons().read_buffer();
    std::array<message_piece, pieces_per_read> pieces;
    transport::read_result got;
    do {
        got = link_->read_messages(buffer, pieces);
        if (got.wire_bytes > 0) {
            heard_ = shared_.loop().now();
            has_probed_ = false;
        }
        for (message_piece const& piece : std::span(pieces).first(got.pieces)) {
            take(piece);
        }
    } while (got.pieces == pieces.size());
    if (got.status == io_status::end || got.status == io_status::error) {
        end(got.error);
        return false;
    }
    return true;
}

// A message in one piece is given from where it lies.
void message_link::take(message_piece const& piece) {
    if (piece.ends_message && partial_.size() == 0) {
        whom_.on_message(piece.kind, piece.bytes);
        return;
    }
    if (!partial_.append(piece.bytes)) {
        broken_ = make_error_code(boost::system::errc::not_enough_memory);
        partial_.clear();
    } else if (piece.ends_message) {
        growing_buffer const whole = std::move(partial_);
        whom_.on_message(piece.kind, whole.view());
    }
}

// What goes wrong is told by the next read, or by the clock.
void message_link::write() {
    while (!waiting_.empty() && !broken_) {
        std::array<message_segment, segments_per_write> segments;
        std::size_t const count = std::min(waiting_.size(), segments.size());
        for (std::size_t i = 0; i < count; ++i) {
            queued const& each = waiting_[i];
            segments[i] = {.bytes = bytes_view(each.bytes).subspan(each.sent),
                           .message_size = each.bytes.size(),
                           .kind = each.kind,
                           .begins = each.sent == 0};
        }
        auto const done = link_->write_messages(std::span(segments).first(count));
        if (done.status == io_status::error) {
            broken_ = done.error;
            return;
        }
        for (std::size_t i = 0; i < done.segments; ++i) {
            waiting_size_ -= waiting_.front().bytes.size();
            waiting_.pop_front();
        }
        if (!waiting_.empty()) {
            waiting_.front().sent += done.offset;
        }
        if (done.status == io_status::would_block) {
            return;
        }
    }
    if (closing_since_ && waiting_.empty()) {
        link_->close(transport::close_code::normal, "");
    }
    if (link_->wants_write()) {
        static_cast<void>(link_->write({}));
    }
}

void message_link::look_later() {
    sweep_ = shared_.loop().after(look_interval, [this] { look(); });
}

void message_link::look() {
    auto const now = shared_.loop().now();
    if (broken_ || (closing_since_ && now - *closing_since_ >= limits.close_timeout)) {
        end(broken_);
        return;
    }
    if (now - heard_ >= limits.silence_timeout) {
        end(make_error_code(transport_error::silent_peer));
        return;
    }
    if (now - heard_ >= limits.ping_after && !std::exchange(has_probed_, true)) {
        link_->probe();
        on_ready(false, true);
    }
    look_later();
}

void message_link::end(error_code why) {
    link_->watch(nullptr, false, false);
    sweep_.reset();
    auto const* const said = link_->received_close();
    link_end const how{.why = why,
                       .code = said != nullptr ? said->code : no_close,
                       .reason = said != nullptr ? said->reason : std::string()};
    auto const tell = std::exchange(whom_.on_end, nullptr);
    tell(how);
}

}  // namespace trunkline::chat_client
