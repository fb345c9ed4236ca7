// One gather write of a WebSocket connection while it is put together: headers, control frames and
// small payloads in one block of memory, large payloads where they are.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/websocket/mask.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace trunkline::websocket {

/// Shared by all connections of one thread and empty between two writes. A step is what must be
/// accounted for as one once it is known how much the link took.
class send_batch {
public:
    static constexpr std::size_t scratch_size = 64 * kib;
    static constexpr std::size_t pieces_max = 256;  ///< the kernel takes more
    static constexpr std::size_t steps_max = 512;
    /// Payloads up to this size are copied behind their header: cheaper than two more pieces.
    static constexpr std::size_t copied_payload_max = 512;

    /// Nothing is compressed behind more than this, in bytes: what lies before it is kept with it.
    static constexpr std::size_t kept_before_max = 64 * kib;

    enum class step_kind : std::uint8_t { control, message, compressed };

    struct step {
        std::size_t payload_size = 0;    ///< message bytes in this write
        std::uint64_t message_size = 0;  ///< of the message that the header begins
        std::uint32_t own_at = 0;        ///< where our own bytes lie in the scratch
        std::uint32_t own_size = 0;  ///< header or control frames, before the payload; or a whole
                                     ///< frame, which is payload_size bytes of a message compressed
        mask_key mask = 0;           ///< of the message that the header begins
        step_kind kind = step_kind::message;
    };

    send_batch() : scratch_(std::make_unique_for_overwrite<std::byte[]>(scratch_size)) {}

    [[nodiscard]] mutable_bytes scratch() noexcept { return {scratch_.get(), scratch_size}; }
    [[nodiscard]] std::size_t room() const noexcept { return scratch_size - used_; }
    [[nodiscard]] std::size_t used() const noexcept { return used_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool full() const noexcept {
        return piece_count_ >= pieces_max - 2 || step_count_ == steps_max;
    }
    [[nodiscard]] std::span<bytes_view const> pieces() const noexcept {
        return {pieces_.data(), piece_count_};
    }
    [[nodiscard]] std::span<step const> steps() const noexcept {
        return {steps_.data(), step_count_};
    }

    void clear() noexcept { piece_count_ = step_count_ = used_ = size_ = kept_ = 0; }

    /// All that is in it now goes as it is, whether the link takes it at once or not.
    void keep() noexcept { kept_ = size_; }
    [[nodiscard]] std::size_t kept() const noexcept { return kept_; }
    void add_step(step const& made) noexcept { steps_[step_count_++] = made; }

    /// Where the next own bytes go; follow with commit().
    [[nodiscard]] std::byte* next() noexcept { return scratch_.get() + used_; }

    /// `count` bytes were written at next(). Neighbours become one piece.
    void commit(std::size_t count) noexcept {
        std::byte* const at = next();
        used_ += count;
        if (piece_count_ > 0) {
            bytes_view& last = pieces_[piece_count_ - 1];
            if (last.data() + last.size() == at) {
                last = {last.data(), last.size() + count};
                size_ += count;
                return;
            }
        }
        borrow({at, count});
    }

    void borrow(bytes_view bytes) noexcept {
        if (!bytes.empty()) {
            pieces_[piece_count_++] = bytes;
            size_ += bytes.size();
        }
    }

private:
    std::unique_ptr<std::byte[]> scratch_;
    std::array<bytes_view, pieces_max> pieces_;
    std::array<step, steps_max> steps_;
    std::size_t piece_count_ = 0;
    std::size_t step_count_ = 0;
    std::size_t used_ = 0;
    std::size_t size_ = 0;
    std::size_t kept_ = 0;
};

}  // namespace trunkline::websocket
