#include <trunkline/frame/stream_encoder.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/frame/borrowing.hpp>
#include <trunkline/frame/checksum.hpp>
#include <trunkline/frame/error.hpp>

#include <algorithm>
#include <array>

namespace trunkline::frame {
namespace {

// Bytes of a slice leave the queue in order, so the pin goes with the last of them and the earlier
// ones need none of their own.
pin pinned_by_a_later_segment() noexcept {
    static char anything = 0;
    return {&anything, [](void*) noexcept {}};
}

}  // namespace

// What can be sent: buffered bytes, then the prefix, then the slices.
class stream_encoder::source {
public:
    source(bytes_view buffered, bytes_view prefix, std::span<slice> pieces) noexcept
        : owned_{buffered, prefix}, pieces_(pieces), size_(buffered.size() + prefix.size()) {
        for (slice const& piece : pieces) {
            size_ += piece.bytes.size();
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Says how many bytes the moves that follow will take in all.
    void plan(std::size_t count) noexcept { planned_ = count; }

    /// What is moved is added to `sum`, where there is one.
    void move_to(gather_queue& queue, std::size_t count, std::uint32_t* sum) {
        TRUNKLINE_ASSERT(count <= planned_ && count <= size_);
        size_ -= count;
        sum_ = sum;
        for (bytes_view& part : owned_) {
            std::size_t const taken = std::min(count, part.size());
            add_to_sum(part.first(taken));
            queue.append_copy(part.first(taken));
            part = part.subspan(taken);
            planned_ -= taken;
            count -= taken;
        }
        while (count > 0) {
            std::size_t const copied = copy_slices(queue, count);
            count -= copied > 0 ? copied : move_from_slice(queue, count);
        }
    }

    void copy_rest_to(std::vector<std::byte>& buffer) const {
        for (bytes_view const part : owned_) {
            buffer.insert(buffer.end(), part.begin(), part.end());
        }
        for (slice const& piece : pieces_) {
            buffer.insert(buffer.end(), piece.bytes.begin(), piece.bytes.end());
        }
    }

private:
    void add_to_sum(bytes_view bytes) noexcept {
        if (sum_ != nullptr) {
            *sum_ = checksum(*sum_, bytes);
        }
    }

    [[nodiscard]] static bool lends(slice const& piece) noexcept {
        return piece.keep_alive && piece.bytes.size() >= borrowed_size_min;
    }

    // The first whole slices that are copied, in one go: a batch has a thousand of them.
    std::size_t copy_slices(gather_queue& queue, std::size_t count) {
        std::size_t total = 0;
        std::size_t whole = 0;
        while (!cut_ && whole < pieces_.size() && !lends(pieces_[whole]) &&
               pieces_[whole].bytes.size() <= count - total) {
            total += pieces_[whole++].bytes.size();
        }
        mutable_bytes room;
        std::size_t left = total;
        for (slice& piece : pieces_.first(whole)) {
            add_to_sum(piece.bytes);
            for (bytes_view rest = piece.bytes; !rest.empty();) {
                if (room.empty()) {
                    room = queue.append_room(left);
                }
                std::size_t const size = std::min(rest.size(), room.size());
                std::memcpy(room.data(), rest.data(), size);
                rest = rest.subspan(size);
                room = room.subspan(size);
                left -= size;
            }
            piece.keep_alive = {};
        }
        pieces_ = pieces_.subspan(whole);
        planned_ -= total;
        return total;
    }

    std::size_t move_from_slice(gather_queue& queue, std::size_t count) {
        slice& front = pieces_.front();
        std::size_t const taken = std::min(count, front.bytes.size());
        bool const borrow = cut_ || lends(front);
        bytes_view const part = front.bytes.first(taken);
        add_to_sum(part);
        front.bytes = front.bytes.subspan(taken);
        planned_ -= taken;
        bool const last_of_slice = front.bytes.empty() || planned_ == 0;
        if (!borrow) {
            queue.append_copy(part);
        } else if (last_of_slice) {
            queue.append({part, std::move(front.keep_alive)});
        } else {
            queue.append({part, pinned_by_a_later_segment()});
        }
        cut_ = borrow && !last_of_slice;
        if (front.bytes.empty()) {
            front.keep_alive = {};
            pieces_ = pieces_.subspan(1);
        }
        return taken;
    }

    std::array<bytes_view, 2> owned_;
    std::span<slice> pieces_;
    std::size_t size_;
    std::size_t planned_ = 0;
    std::uint32_t* sum_ = nullptr;  // of the frame that is being made
    bool cut_ = false;              // bytes of the front slice are in the queue, its pin is not
};

error_code stream_encoder::refusal() const noexcept {
    switch (state_) {
        case state::open:
            return {};
        case state::ended:
            return make_error_code(frame_error::write_after_end);
        case state::cancelled:
            return make_error_code(frame_error::write_after_cancel);
    }
    return {};
}

kind stream_encoder::next_data_kind() const noexcept {
    return sequence_ == 0 ? kind::open : kind::data;
}

std::size_t stream_encoder::emit(kind of, std::size_t payload_size, source& from,
                                 frame_sink const& to) {
    std::array<std::byte, header_size_max> bytes;
    header const head{static_cast<std::uint32_t>(payload_size), stream_id_, sequence_++,
                      static_cast<std::uint8_t>(of), to.now_us};
    std::size_t const head_size = encode_header(head, to.of, bytes);
    std::size_t const size =
        head_size + payload_size + (to.checked ? checks_size(payload_size) : 0);
    std::uint32_t sum = to.checked ? checksum(0, bytes_view(bytes).first(head_size)) : 0;
    to.queue.begin_frame(size);
    to.queue.append_copy(bytes_view(bytes).first(head_size));
    if (to.checked) {
        put_check(to.queue, sum);
    }
    from.move_to(to.queue, payload_size, to.checked ? &sum : nullptr);
    if (to.checked && payload_size > 0) {
        put_check(to.queue, sum);
    }
    return size;
}

std::size_t stream_encoder::emit_chunks(source& from, frame_sink const& to) {
    std::size_t written = 0;
    while (from.size() >= chunk_) {
        written += emit(next_data_kind(), chunk_, from, to);
    }
    return written;
}

result<std::size_t> stream_encoder::write(bytes_view prefix, std::span<slice> pieces,
                                          frame_sink const& to) {
    if (error_code const refused = refusal()) {
        return refused;
    }
    std::vector<std::byte> const before = std::exchange(buffered_, {});
    source from(before, prefix, pieces);
    from.plan(from.size() / chunk_ * chunk_);
    std::size_t const written = emit_chunks(from, to);
    from.copy_rest_to(buffered_);
    for (slice& piece : pieces) {
        piece.keep_alive = {};
    }
    return written;
}

result<std::size_t> stream_encoder::write_and_flush(bytes_view prefix, std::span<slice> pieces,
                                                    frame_sink const& to) {
    if (error_code const refused = refusal()) {
        return refused;
    }
    source from(buffered_, prefix, pieces);
    from.plan(from.size());
    std::size_t written = emit_chunks(from, to);
    if (from.size() > 0) {
        written += emit(next_data_kind(), from.size(), from, to);
    }
    buffered_.clear();
    return written;
}

result<std::size_t> stream_encoder::flush(frame_sink const& to) {
    return write_and_flush({}, {}, to);
}

result<std::size_t> stream_encoder::end(frame_sink const& to) {
    if (error_code const refused = refusal()) {
        return refused;
    }
    source from(buffered_, {}, {});
    from.plan(from.size());
    std::size_t const written = emit(kind::end, from.size(), from, to);
    buffered_ = {};
    state_ = state::ended;
    return written;
}

result<std::size_t> stream_encoder::cancel(frame_sink const& to) {
    if (error_code const refused = refusal()) {
        return refused;
    }
    source nothing({}, {}, {});
    std::size_t const written = emit(kind::cancel, 0, nothing, to);
    to.queue.end_write();
    buffered_ = {};
    state_ = state::cancelled;
    return written;
}

}  // namespace trunkline::frame
