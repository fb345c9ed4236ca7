// The outgoing side of one connection: a queue of owned and borrowed bytes, cut into frames, ready
// for gather writes.
#pragma once

#include <trunkline/base/recycled_memory.hpp>
#include <trunkline/base/slice.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace trunkline {

/// One contiguous run of outgoing bytes. `frame_size` is non-zero on the first segment of a frame
/// only and then counts all bytes of that frame; transports that keep message borders make one
/// message of it, the others ignore it.
struct out_segment {
    bytes_view bytes;
    std::size_t frame_size = 0;
};

/// A first-in first-out queue of frames. Small bytes are copied together into blocks; pinned slices
/// are borrowed. Blocks and lists are memory of the thread that is used again, so that a busy queue
/// allocates nothing and an empty one holds next to nothing. Not thread-safe. Never fails: the
/// caller watches owned_size() and borrowed_size() against its marks.
class gather_queue {
public:
    gather_queue() = default;
    gather_queue(gather_queue const&) = delete;
    gather_queue& operator=(gather_queue const&) = delete;

    /// Begins a frame of exactly `frame_size` bytes (> 0); the appends that follow must add up to
    /// it.
    void begin_frame(std::size_t frame_size);

    /// Copies `bytes` to the end of the queue.
    void append_copy(bytes_view bytes);

    /// Room at the end of the queue for the first of `size` bytes (> 0), at least one: they are
    /// queued, and the caller fills them before the next call.
    [[nodiscard]] mutable_bytes append_room(std::size_t size);

    /// Borrows the bytes of a pinned slice until they have been consumed; copies a slice without a
    /// pin.
    void append(slice piece);

    /// What is queued from now on is not given by peek() before everything up to here has been
    /// consumed: for frames that must be the last of their write.
    void end_write() noexcept;

    /// Points `out` at the first bytes of the queue, in order; returns how many entries were
    /// filled. All of them may go out in one write. The segments stay valid until the next append,
    /// consume or clear.
    [[nodiscard]] std::size_t peek(std::span<out_segment> out) const noexcept;

    /// What peek_frames() gave.
    struct peeked {
        std::size_t segments = 0;  ///< entries that were filled
        std::size_t size = 0;      ///< bytes in them
        bool ends_write = false;   ///< nothing may follow in the same write
    };

    /// As peek(), but passes over the first `from` segments and gives whole frames until they have
    /// `size_max` bytes or more; the last one is cut where `out` is full.
    [[nodiscard]] peeked peek_frames(std::size_t from, std::size_t size_max,
                                     std::span<out_segment> out) const noexcept;

    /// Whether the first bytes of the front frame have been consumed and others not.
    [[nodiscard]] bool mid_frame() const noexcept {
        return first_ < segments_.size() && segments_[first_].frame_size == 0;
    }

    /// Removes `size` bytes (at most size()) from the front; pins are released once their last byte
    /// is gone.
    void consume(std::size_t size);

    /// Drops everything and releases all pins.
    void clear() noexcept;

    [[nodiscard]] bool empty() const noexcept { return owned_size_ + borrowed_size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return owned_size_ + borrowed_size_; }
    [[nodiscard]] std::size_t owned_size() const noexcept { return owned_size_; }
    [[nodiscard]] std::size_t borrowed_size() const noexcept { return borrowed_size_; }

    /// Bytes that have left the queue since it was made, sent or dropped.
    [[nodiscard]] std::uint64_t consumed() const noexcept { return consumed_; }

    /// Where the last byte ended that was sent, not dropped, in the count of consumed(): of what
    /// was queued at or behind it nothing has been sent.
    [[nodiscard]] std::uint64_t sent_end() const noexcept { return sent_end_; }

private:
    struct segment {
        std::byte const* data = nullptr;
        std::size_t size = 0;
        std::size_t frame_size =
            0;              // as in out_segment, until the segment's first byte is consumed
        bool owned = true;  // the bytes live in blocks_, not behind keep_alive
        bool ends_write = false;
        pin keep_alive;
    };
    struct block {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t used = 0;
        std::size_t unsent = 0;
    };

    [[nodiscard]] mutable_bytes claim(std::size_t size);
    void give_back_front_block(std::size_t sent);
    void recycle_when_empty() noexcept;

    recycled_vector<segment>
        segments_;  // the queue begins at first_; the vector is reset when it runs empty
    std::size_t first_ = 0;
    recycled_vector<block> blocks_;  // oldest first; reset likewise
    std::size_t first_block_ = 0;
    std::size_t owned_size_ = 0;
    std::size_t borrowed_size_ = 0;
    std::uint64_t consumed_ = 0;
    std::uint64_t sent_end_ = 0;
    std::size_t pending_frame_size_ = 0;
};

}  // namespace trunkline
