#include <trunkline/rpc/outgoing_stream.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/limits.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace trunkline::rpc {
namespace {

// For writes to streams that are known to be open.
void must_succeed(result<std::size_t> const& written) {
    TRUNKLINE_ASSERT(written.has_value());
}

template <class Owner>
pin pin_of(std::unique_ptr<Owner> owner) noexcept {
    return {owner.release(), [](void* at) noexcept { delete static_cast<Owner*>(at); }};
}

slice copy_of(bytes_view bytes) {
    auto owner = std::make_unique<std::vector<std::byte>>(bytes.begin(), bytes.end());
    bytes_view const view = *owner;
    return {view, pin_of(std::move(owner))};
}

// The first bytes of a slice whose rest goes later: both keep what lends them.
slice split(slice& of, std::size_t size) {
    using shared = std::shared_ptr<pin>;
    auto const owner = std::make_shared<pin>(std::move(of.keep_alive));
    slice first{of.bytes.first(size), pin_of(std::make_unique<shared>(owner))};
    of = {of.bytes.subspan(size), pin_of(std::make_unique<shared>(owner))};
    return first;
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
    for (slice& piece : part) {
        keep(std::move(piece));
    }
    pump(to);
}

void outgoing_stream::keep(slice piece) {
    if (piece.bytes.empty()) {
        return;
    }
    waiting_size_ += piece.bytes.size();
    waiting_.push_back(piece.keep_alive ? std::move(piece) : copy_of(piece.bytes));
}

slice outgoing_stream::take_front(std::size_t size) {
    slice& front = waiting_[waiting_begin_];
    waiting_size_ -= size;
    if (size < front.bytes.size()) {
        return split(front, size);
    }
    slice taken = std::move(front);
    if (++waiting_begin_ == waiting_.size()) {
        drop_waiting();
    } else if (waiting_begin_ * 2 >= waiting_.size()) {
        waiting_.erase(waiting_.begin(),
                       waiting_.begin() + static_cast<std::ptrdiff_t>(waiting_begin_));
        waiting_begin_ = 0;
    }
    return taken;
}

void outgoing_stream::drop_waiting() noexcept {
    waiting_.clear();
    waiting_begin_ = 0;
    waiting_size_ = 0;
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
