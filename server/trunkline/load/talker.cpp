#include <trunkline/load/talker.hpp>

#include <trunkline/transport/loop_commons.hpp>

#include <algorithm>
#include <span>
#include <utility>

namespace trunkline::load {

using transport::io_status;
using websocket::message_piece;
using websocket::message_segment;

namespace {

constexpr std::size_t input_per_turn_max = 256 * kib;

}  // namespace

talker::talker(member_owner& owner, transport::runtime& loop, desk& at,
               std::unique_ptr<transport::connection> link)
    : owner_(owner),
      loop_(loop),
      desk_(at),
      link_(static_cast<websocket::connection*>(link.release())) {
    rewatch();
}

void talker::send_one() {
    if (owner_.of().closed_loop) {
        begun_.resize(owner_.of().depth);
        begun_[due_ % begun_.size()] = loop_.now();
    }
    ++due_;
    if (!blocked_ && !closing_) {
        push();
        rewatch();
    }
}

void talker::close() {
    closing_ = true;
    link_->close(transport::close_code::normal, "");
    rewatch();
}

void talker::answered() {
    auto const now = loop_.now();
    auto const due =
        begun_.empty() ? owner_.due_at(place_, answered_) : begun_[answered_ % begun_.size()];
    owner_.counts().answered(due, now);
    advance();
}

void talker::advance() {
    ++answered_;
    if (owner_.goes_on()) {
        begun_[due_ % begun_.size()] = loop_.now();
        ++due_;
        ++owner_.counts().due;
    }
}

bool talker::may_send() const noexcept {
    return sent_ < due_ && sent_ - answered_ < owner_.of().depth;
}

void talker::rewatch() {
    link_->watch(this, true, blocked_ || !cause_.empty() || link_->wants_write());
}

void talker::on_ready(bool readable, bool writable) {
    if (writable && cause_.empty()) {
        blocked_ = false;
        if (link_->wants_write() && link_->write({}).status == io_status::error) {
            cause_ = "lost: the link does not take anything any more";
        }
    }
    bool const goes_on = !readable || read_turn();
    if (goes_on && !blocked_ && !closing_ && cause_.empty()) {
        push();
    }
    if (goes_on && cause_.empty()) {
        rewatch();
        return;
    }
    std::string const cause = std::move(cause_);
    owner_.over(place_, closing_ ? "" : cause);  // and with it this object
}

// Until nothing is left or the turn's share is used up. False at the end.
bool talker::read_turn() {
    std::size_t taken = 0;
    bool more = true;
    while (more && taken < input_per_turn_max) {
        if (!read_batch(taken, more)) {
            return false;
        }
    }
    return true;
}

// One read of the link, with all the messages it gave: they are in the buffer that serves others
// next. A read that did not fill the buffer has emptied the link.
bool talker::read_batch(std::size_t& taken, bool& more) {
    mutable_bytes const buffer = loop_.commons().read_buffer();
    auto& pieces = desk_.pieces;
    transport::read_result got;
    std::size_t wire_bytes = 0;
    do {
        got = link_->read_messages(buffer, pieces);
        wire_bytes += got.wire_bytes;
        if (got.status == io_status::would_block) {
            break;
        }
        if (got.status != io_status::ok) {
            cause_ = cause_of(got);
            return false;
        }
        for (message_piece const& piece : std::span(pieces).first(got.pieces)) {
            owner_.counts().received.add(piece.ends_message ? 1 : 0, piece.bytes.size());
            if (auto const wrong = take(piece); !wrong.empty()) {
                owner_.counts().fail(wrong);
            }
        }
    } while (got.pieces == pieces.size());
    taken += wire_bytes;
    more = wire_bytes >= buffer.size();
    return true;
}

std::string talker::cause_of(transport::read_result const& got) const {
    if (auto const broken = link_->failure()) {
        return "broken protocol: " + std::string(describe(*broken));
    }
    if (auto const* const said = link_->received_close()) {
        std::string const code = said->code == websocket::no_close_code
                                     ? " without a code"
                                     : " with " + std::to_string(said->code);
        return "closed by the server" + code + (said->reason.empty() ? "" : ": " + said->reason);
    }
    return "lost: " + (got.error ? got.error.message() : "ended without a Close");
}

// Puts the next messages into the desk; how many.
std::size_t talker::plan_write() {
    auto& bytes = desk_.bytes;
    bytes.clear();
    std::array<std::size_t, messages_per_write> begins;
    std::size_t count = 0;
    std::size_t const room = owner_.of().depth - (sent_ - answered_);
    std::size_t const most = std::min<std::uint64_t>({messages_per_write, room, due_ - sent_});
    while (count < most && bytes.size() < write_size_mark) {
        begins[count] = bytes.size();
        compose(sent_ + count, bytes);
        ++count;
    }
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t const end = i + 1 < count ? begins[i + 1] : bytes.size();
        std::size_t const skipped = i == 0 ? offset_ : 0;
        desk_.segments[i] = {
            .bytes = bytes_view(bytes).subspan(begins[i] + skipped, end - begins[i] - skipped),
            .message_size = end - begins[i],
            .kind = kind(),
            .begins = skipped == 0};
    }
    return count;
}

void talker::push() {
    while (may_send()) {
        std::size_t const count = plan_write();
        auto const segments = std::span(desk_.segments).first(count);
        auto const done = link_->write_messages(segments);
        if (done.status == io_status::error) {
            // What the server had said before is read first: it may tell why.
            cause_ = "lost: " + done.error.message();
            return;
        }
        for (std::size_t i = 0; i < done.segments; ++i) {
            owner_.counts().sent.add(1, segments[i].message_size);
        }
        sent_ += done.segments;
        on_sent(done.segments);
        offset_ = done.segments == 0 ? offset_ + done.offset : done.offset;
        if (done.status == io_status::would_block) {
            blocked_ = true;
            return;
        }
    }
}

}  // namespace trunkline::load
