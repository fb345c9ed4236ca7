#include <trunkline/rpc/outgoing_stream.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/limits.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace trunkline::rpc {
namespace {

// For writes to streams that are known to be open.
void must_succeed(result<std::size_t> const& written) {
    TRUNKLINE_ASSERT(written.has_value());
}

// What lends them: a copy of the bytes.
std::shared_ptr<pin> copied(bytes_view& bytes) {
    auto owner = std::make_unique<std::vector<std::byte>>(bytes.begin(), bytes.end());
    bytes = *owner;
    return std::make_shared<pin>(owner.release(), [](void* at) noexcept {
        delete static_cast<std::vector<std::byte>*>(at);
    });
}

// A share of what lends them.
pin share_of(std::shared_ptr<pin> const& owner) {
    return {new std::shared_ptr<pin>(owner),
            [](void* at) noexcept { delete static_cast<std::shared_ptr<pin>*>(at); }};
}

}  // namespace

void outgoing_stream::write_head(bytes_view head, frame::frame_sink const& to) {
    must_succeed(encoder_.write(head, {}, to));
}

void outgoing_stream::write_head_and_flush(bytes_view head, bytes_view metadata,
                                           frame::frame_sink const& to) {
    slice body{metadata, {}};
    must_succeed(encoder_.write_and_flush(head, {&body, 1}, to));
}

void outgoing_stream::write(std::span<slice> part, frame::frame_sink const& to) {
    if (!credit_) {
        must_succeed(encoder_.write_and_flush({}, part, to));
        return;
    }
    std::size_t size = 0;
    for (slice const& piece : part) {
        size += piece.bytes.size();
    }
    if (waiting_size_ == 0 && size <= credit_->left()) {
        must_succeed(encoder_.write_and_flush({}, part, to));
        credit_->take(size);
        return;
    }
    must_succeed(encoder_.flush(to));  // its head does not wait
    for (slice& piece : part) {
        keep(std::move(piece));
    }
    pump(to);
}

void outgoing_stream::keep(slice piece) {
    if (piece.bytes.empty()) {
        return;
    }
    kept made{piece.bytes, nullptr};
    made.owner =
        piece.keep_alive ? std::make_shared<pin>(std::move(piece.keep_alive)) : copied(made.bytes);
    count(0, made.bytes.size());
    waiting_.push_back(std::move(made));
}

slice outgoing_stream::take_front(std::size_t size) {
    kept& front = waiting_[waiting_begin_];
    slice taken{front.bytes.first(size), share_of(front.owner)};
    front.bytes = front.bytes.subspan(size);
    count(size, 0);
    if (!front.bytes.empty()) {
        return taken;
    }
    front.owner.reset();
    if (++waiting_begin_ == waiting_.size()) {
        drop_waiting();
    } else if (waiting_begin_ * 2 >= waiting_.size()) {
        waiting_.erase(waiting_.begin(),
                       waiting_.begin() + static_cast<std::ptrdiff_t>(waiting_begin_));
        waiting_begin_ = 0;
    }
    return taken;
}

void outgoing_stream::count(std::size_t less, std::size_t more) noexcept {
    waiting_size_ = waiting_size_ - less + more;
    if (all_waiting_ != nullptr) {
        *all_waiting_ = *all_waiting_ - less + more;
    }
}

void outgoing_stream::drop_waiting() noexcept {
    waiting_.clear();
    waiting_begin_ = 0;
    count(waiting_size_, 0);
}

void outgoing_stream::pump(frame::frame_sink const& to) {
    while (waiting_size_ > 0 && credit_->left() > 0) {
        std::size_t const size = std::min<std::uint64_t>(
            {waiting_[waiting_begin_].bytes.size(), credit_->left(), chunk_size});
        slice piece = take_front(size);
        credit_->take(size);
        must_succeed(encoder_.write_and_flush({}, {&piece, 1}, to));
    }
}

bool outgoing_stream::end(frame::frame_sink const& to) {
    ending_ = true;
    if (waiting_size_ > 0) {
        return false;
    }
    end_now(to);
    return true;
}

void outgoing_stream::end_now(frame::frame_sink const& to) {
    drop_waiting();
    must_succeed(encoder_.flush(to));
    must_succeed(encoder_.end(to));
}

void outgoing_stream::cancel(frame::frame_sink const& to) {
    drop_waiting();
    must_succeed(encoder_.cancel(to));
}

}  // namespace trunkline::rpc
