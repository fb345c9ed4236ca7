// One stream of ours that is written in parts, and what of it waits for credit; not for users.
#pragma once

#include <trunkline/base/slice.hpp>
#include <trunkline/flow/send_credit.hpp>
#include <trunkline/frame/stream_encoder.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace trunkline::rpc {

/// Writes what there is credit for and keeps the rest. Without credit to keep to, everything is
/// written at once.
class outgoing_stream {
public:
    explicit outgoing_stream(std::uint32_t stream_id) noexcept : encoder_(stream_id) {}

    ~outgoing_stream() { drop_waiting(); }
    outgoing_stream(outgoing_stream const&) = delete;
    outgoing_stream& operator=(outgoing_stream const&) = delete;

    /// From now on it carries no more than `first`, and what is granted. What waits for that is
    /// counted in `waiting` too, which outlives it.
    void put_under_credit(std::uint32_t first, std::size_t& waiting) noexcept {
        credit_.emplace(first);
        all_waiting_ = &waiting;
    }

    [[nodiscard]] std::uint32_t stream_id() const noexcept { return encoder_.stream_id(); }

    /// The head of its message: not counted. It leaves with the first part, or with the end.
    void write_head(bytes_view head, frame::frame_sink const& to);

    /// The same, but it leaves now.
    void write_head_and_flush(bytes_view head, bytes_view metadata, frame::frame_sink const& to);

    /// A part; takes the slices. Bytes without a pin that have to wait are copied.
    void write(std::span<slice> part, frame::frame_sink const& to);

    /// Writes what there is credit for now.
    void pump(frame::frame_sink const& to);

    /// The end, once nothing waits. False while something does: pump(), and ask again.
    [[nodiscard]] bool end(frame::frame_sink const& to);

    /// Ends it at once; what waits is dropped.
    void end_now(frame::frame_sink const& to);

    /// Gives it up; what waits is dropped.
    void cancel(frame::frame_sink const& to);

    /// False when that is more than may be granted; nothing is changed then.
    [[nodiscard]] bool grant(std::uint32_t bytes) noexcept {
        return !credit_ || credit_->grant(bytes);
    }

    /// Whether end() has been asked for.
    [[nodiscard]] bool ending() const noexcept { return ending_; }

    /// Bytes that wait for credit.
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_size_; }

private:
    // Bytes, and what lends them: shared by all that is cut from them.
    struct kept {
        bytes_view bytes;
        std::shared_ptr<pin> owner;
    };

    void keep(slice piece);
    slice take_front(std::size_t size);
    void count(std::size_t less, std::size_t more) noexcept;
    void drop_waiting() noexcept;

    frame::stream_encoder encoder_;
    std::optional<flow::send_credit> credit_;
    std::vector<kept> waiting_;
    std::size_t waiting_begin_ = 0;  // what is before has gone
    std::size_t waiting_size_ = 0;
    std::size_t* all_waiting_ = nullptr;  // of all streams; null without credit
    bool ending_ = false;
};

}  // namespace trunkline::rpc
