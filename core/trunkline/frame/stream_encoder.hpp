// The sending half of one stream: cuts what is written into frames (FORMAT.md, "Sending").
#pragma once

#include <trunkline/base/gather_queue.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/frame/header.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace trunkline::frame {

/// Where frames go, and what their headers say about layout and time of sending (microseconds since
/// 1970 UTC, layout a only).
struct frame_sink {
    gather_queue& queue;       ///< takes headers and slices; outlives the call
    layout of = layout::b;     ///< the form of the headers
    std::uint64_t now_us = 0;  ///< microseconds, for the headers of layout a
    bool checked = false;      ///< each frame with its checks (checksum.hpp)
};

/// One stream, from its first frame to its End or Cancel. Every function gives the bytes it queued,
/// headers included, or write_after_end, write_after_cancel.
class stream_encoder {
public:
    /// `chunk`: bytes of payload that one frame carries at most.
    explicit stream_encoder(std::uint32_t stream_id, std::size_t chunk = chunk_size) noexcept
        : stream_id_(stream_id), chunk_(chunk) {}

    /// Adds `prefix` and then `pieces` to the stream; every full chunk leaves as a frame. Bytes of
    /// a pinned slice that fill a frame are borrowed, the rest of it is copied until a frame takes
    /// it. The slices are left without their pins.
    [[nodiscard]] result<std::size_t> write(bytes_view prefix, std::span<slice> pieces,
                                            frame_sink const& to);

    /// As write(), then everything leaves as one more frame, if there is anything. Nothing is
    /// copied out of pinned slices.
    [[nodiscard]] result<std::size_t> write_and_flush(bytes_view prefix, std::span<slice> pieces,
                                                      frame_sink const& to);

    /// Sends what is buffered as one frame, if anything is.
    [[nodiscard]] result<std::size_t> flush(frame_sink const& to);

    /// Sends an End frame with what is buffered. A finished message is flushed first: receivers of
    /// the published kind lose what an End frame carries.
    [[nodiscard]] result<std::size_t> end(frame_sink const& to);

    /// Sends a Cancel frame, alone in its write; what is buffered is dropped.
    [[nodiscard]] result<std::size_t> cancel(frame_sink const& to);

    /// The number that its frames carry.
    [[nodiscard]] std::uint32_t stream_id() const noexcept { return stream_id_; }
    /// Whether the stream has been ended or cancelled: nothing more may be written.
    [[nodiscard]] bool finished() const noexcept { return state_ != state::open; }

private:
    enum class state : std::uint8_t { open, ended, cancelled };
    class source;

    [[nodiscard]] error_code refusal() const noexcept;
    std::size_t emit(kind of, std::size_t payload_size, source& from, frame_sink const& to);
    std::size_t emit_chunks(source& from, frame_sink const& to);
    [[nodiscard]] kind next_data_kind() const noexcept;

    std::uint32_t stream_id_;
    std::uint32_t sequence_ = 0;
    std::size_t chunk_;
    state state_ = state::open;
    std::vector<std::byte> buffered_;  // always shorter than a chunk
};

}  // namespace trunkline::frame
