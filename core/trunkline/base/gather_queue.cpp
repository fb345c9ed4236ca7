#include <trunkline/base/gather_queue.hpp>

#include <trunkline/base/assert.hpp>

#include <algorithm>

namespace trunkline {
namespace {

constexpr std::size_t block_size = 16 * 1024;
constexpr std::size_t pooled_blocks_max = 64;      // per thread: at most 1 MiB
constexpr std::size_t uncut_size_max = 512;        // copies up to here stay one segment
constexpr std::size_t kept_segments_max = 64;      // capacity an empty queue keeps
constexpr std::size_t compact_segments_min = 256;  // consumed entries before the rest moves forward

// Blocks go back to the thread they run dry on, so that a busy connection allocates nothing and an
// idle one holds nothing.
thread_local std::vector<std::unique_ptr<std::byte[]>> block_pool;

std::unique_ptr<std::byte[]> take_block() {
    if (block_pool.empty()) {
        return std::make_unique_for_overwrite<std::byte[]>(block_size);
    }
    auto taken = std::move(block_pool.back());
    block_pool.pop_back();
    return taken;
}

void put_block(std::unique_ptr<std::byte[]> bytes) {
    if (block_pool.size() < pooled_blocks_max) {
        block_pool.push_back(std::move(bytes));
    }
}

}  // namespace

void gather_queue::begin_frame(std::size_t frame_size) {
    TRUNKLINE_ASSERT(frame_size > 0);
    TRUNKLINE_ASSERT(pending_frame_size_ == 0);
    pending_frame_size_ = frame_size;
}

// Room for the first of `size` bytes, or for all where few enough that a cut would cost more.
mutable_bytes gather_queue::claim(std::size_t size) {
    std::size_t room = first_block_ == blocks_.size() ? 0 : block_size - blocks_.back().used;
    if (room == 0 || (room < size && size <= uncut_size_max)) {
        blocks_.push_back({take_block(), 0, 0});
        room = block_size;
    }
    block& last = blocks_.back();
    std::byte* const at = last.bytes.get() + last.used;
    std::size_t const claimed = std::min(size, room);
    last.used += claimed;
    last.unsent += claimed;
    return {at, claimed};
}

// Bytes that are claimed one after the other are one segment.
mutable_bytes gather_queue::append_room(std::size_t size) {
    mutable_bytes const room = claim(size);
    owned_size_ += room.size();
    if (pending_frame_size_ == 0 && first_ < segments_.size()) {
        segment& last = segments_.back();
        if (last.owned && !last.ends_write && last.data + last.size == room.data() &&
            room.data() != blocks_.back().bytes.get()) {
            last.size += room.size();
            return room;
        }
    }
    segments_.push_back(
        {room.data(), room.size(), std::exchange(pending_frame_size_, 0), true, false, {}});
    return room;
}

void gather_queue::append_copy(bytes_view bytes) {
    while (!bytes.empty()) {
        mutable_bytes const room = append_room(bytes.size());
        std::memcpy(room.data(), bytes.data(), room.size());
        bytes = bytes.subspan(room.size());
    }
}

void gather_queue::append(slice piece) {
    if (!piece.keep_alive) {
        append_copy(piece.bytes);
        return;
    }
    if (piece.bytes.empty()) {
        return;
    }
    borrowed_size_ += piece.bytes.size();
    segments_.push_back({piece.bytes.data(), piece.bytes.size(),
                         std::exchange(pending_frame_size_, 0), false, false,
                         std::move(piece.keep_alive)});
}

void gather_queue::end_write() noexcept {
    if (first_ < segments_.size()) {
        segments_.back().ends_write = true;
    }
}

std::size_t gather_queue::peek(std::span<out_segment> out) const noexcept {
    std::size_t const count = std::min(out.size(), segments_.size() - first_);
    for (std::size_t i = 0; i < count; ++i) {
        segment const& from = segments_[first_ + i];
        out[i] = {{from.data, from.size}, from.frame_size};
        if (from.ends_write) {
            return i + 1;
        }
    }
    return count;
}

gather_queue::peeked gather_queue::peek_frames(std::size_t from, std::size_t size_max,
                                               std::span<out_segment> out) const noexcept {
    peeked got;
    for (std::size_t at = first_ + from; at < segments_.size() && got.segments < out.size(); ++at) {
        segment const& next = segments_[at];
        if (next.frame_size != 0 && got.size >= size_max) {
            break;
        }
        out[got.segments++] = {{next.data, next.size}, next.frame_size};
        got.size += next.size;
        if (next.ends_write) {
            got.ends_write = true;
            break;
        }
    }
    return got;
}

void gather_queue::consume(std::size_t size) {
    TRUNKLINE_ASSERT(size <= this->size());
    consumed_ += size;
    sent_end_ = size > 0 ? consumed_ : sent_end_;
    while (size > 0) {
        segment& front = segments_[first_];
        std::size_t const taken = std::min(size, front.size);
        size -= taken;
        front.data += taken;
        front.size -= taken;
        front.frame_size = 0;
        if (front.owned) {
            owned_size_ -= taken;
            give_back_front_block(taken);
        } else {
            borrowed_size_ -= taken;
        }
        if (front.size == 0) {
            front.keep_alive = {};
            ++first_;
        }
    }
    recycle_when_empty();
}

void gather_queue::give_back_front_block(std::size_t sent) {
    // Owned bytes leave in the order in which they were claimed, so they lie in the oldest block,
    // behind whatever blocks were used up exactly.
    while (blocks_[first_block_].unsent == 0) {
        put_block(std::move(blocks_[first_block_].bytes));
        ++first_block_;
    }
    block& front = blocks_[first_block_];
    front.unsent -= sent;
    if (front.unsent == 0 && first_block_ + 1 < blocks_.size()) {
        put_block(std::move(front.bytes));
        ++first_block_;
    }
}

void gather_queue::recycle_when_empty() noexcept {
    if (first_ == segments_.size()) {
        clear();
    } else if (first_ >= compact_segments_min && first_ * 2 >= segments_.size()) {
        segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
        blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(first_block_));
        first_block_ = 0;
    }
}

void gather_queue::clear() noexcept {
    consumed_ += size();
    segments_.clear();
    first_ = 0;
    for (std::size_t i = first_block_; i < blocks_.size(); ++i) {
        put_block(std::move(blocks_[i].bytes));
    }
    blocks_.clear();
    first_block_ = 0;
    owned_size_ = 0;
    borrowed_size_ = 0;
    pending_frame_size_ = 0;
    if (segments_.capacity() > kept_segments_max) {
        recycled_vector<segment>().swap(segments_);
        recycled_vector<block>().swap(blocks_);
    }
}

}  // namespace trunkline
