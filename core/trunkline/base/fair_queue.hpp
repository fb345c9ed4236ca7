// The outgoing side of one connection in three lanes: what must keep its order, large messages,
// which others may overtake between two of their frames, and what overtakes everything.
#pragma once

#include <trunkline/base/gather_queue.hpp>
#include <trunkline/base/limits.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace trunkline {

/// What is worth a write while more is still to come, so that both ends work at the same time:
/// this much of our own memory, or that much in all. Borrowed bytes cost no memory while they wait,
/// and the fewer writes they take, the less often the reader is woken.
inline constexpr std::size_t owned_write_size = 32 * kib;
inline constexpr std::size_t write_size = 512 * kib;

/// Three queues of frames that are written as one. Urgent frames go first, whatever waits. Where
/// both of the others have something, one frame of the large lane follows on at most chunk_size
/// bytes (or one frame) of the ordered one: so a small message behind a large one waits for one
/// frame of it, and neither of the two starves. A frame that was begun is finished first. Not
/// thread-safe.
class fair_queue {
public:
    fair_queue() = default;
    fair_queue(fair_queue const&) = delete;
    fair_queue& operator=(fair_queue const&) = delete;

    /// Frames that leave in the order in which they were queued.
    [[nodiscard]] gather_queue& in_order() noexcept { return lanes_[ordered]; }
    [[nodiscard]] gather_queue const& in_order() const noexcept { return lanes_[ordered]; }

    /// Frames that leave in their own order, but may be overtaken.
    [[nodiscard]] gather_queue& large() noexcept { return lanes_[overtaken]; }
    [[nodiscard]] gather_queue const& large() const noexcept { return lanes_[overtaken]; }

    /// Frames that leave in their own order, before whatever waits: small ones, of which there are
    /// few.
    [[nodiscard]] gather_queue& urgent() noexcept { return lanes_[first]; }
    [[nodiscard]] gather_queue const& urgent() const noexcept { return lanes_[first]; }

    /// As gather_queue::peek(). The order of what it gave is kept until it has been consumed, or
    /// the next peek, which begins where consuming stopped.
    [[nodiscard]] std::size_t peek(std::span<out_segment> out);

    /// Removes `size` bytes (at most size()) from the front: what the last peek gave, in its order,
    /// then one lane after the other.
    void consume(std::size_t size);

    /// What is queued from now on, in whatever lane, leaves behind all that is queued now: for a
    /// change of form at one place of what is sent.
    void fence();

    /// A fence that stays: nothing that is queued behind it leaves before release().
    void hold();
    /// After hold().
    void release() noexcept { held_ = false; }

    /// Whether peek() would give anything: not what is held.
    [[nodiscard]] bool may_give() const noexcept { return may_leave() != sizes{}; }

    /// Drops everything and releases all pins.
    void clear() noexcept;

    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return owned_size() + borrowed_size(); }
    [[nodiscard]] std::size_t owned_size() const noexcept {
        return in_order().owned_size() + large().owned_size() + urgent().owned_size();
    }
    [[nodiscard]] std::size_t borrowed_size() const noexcept {
        return in_order().borrowed_size() + large().borrowed_size() + urgent().borrowed_size();
    }

    /// Whether owned_write_size or write_size has been reached.
    [[nodiscard]] bool is_worth_a_write() const noexcept {
        return owned_size() >= owned_write_size || size() >= write_size;
    }

private:
    using lane = std::uint8_t;
    static constexpr lane ordered = 0;
    static constexpr lane overtaken = 1;
    static constexpr lane first = 2;

    // Bytes of one lane, in the order of the last peek.
    struct run {
        lane from = ordered;
        std::size_t size = 0;
    };

    using sizes = std::array<std::size_t, 3>;

    [[nodiscard]] sizes may_leave() const noexcept;
    [[nodiscard]] lane first_lane() const noexcept;
    void pass_fences() noexcept;

    std::array<gather_queue, 3> lanes_;
    std::vector<sizes> fenced_;   // bytes of each lane before a fence, behind the one before
    bool held_ = false;           // nothing leaves but what is fenced
    std::vector<run> plan_;       // of the last peek
    std::size_t plan_begin_ = 0;  // what is before has been consumed
};

}  // namespace trunkline
