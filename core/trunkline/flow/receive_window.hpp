// What the peer may still send on one stream, and how that grows with the path.
#pragma once

#include <trunkline/flow/limits.hpp>

#include <cstddef>
#include <cstdint>

namespace trunkline::flow {

/// What all windows of one connection share: the memory by which they may grow, and the number of
/// the round trip that is being measured.
struct path {
    std::size_t grown = 0;    ///< bytes, at most growth_size_max
    std::uint64_t round = 0;  ///< grows by one whenever a ping of ours has come back
};

/// Of one stream, as its receiver sees it. A stream that brings most of its window in one round
/// trip is held up by it, and gets twice as much: so the window comes to what the path holds, and a
/// slow reader or a short path cost no memory. One that brings little of it in each of
/// quiet_rounds_max round trips gets half as much: what it does not need is there for others.
/// Credit that has been granted is never taken back, so a window shrinks as its credit is used.
/// Single-threaded; time is the count of round trips.
class receive_window {
public:
    receive_window() noexcept = default;

    /// Bytes of payload have come. False when they are more than was granted: the peer breaks the
    /// rule. May let the window grow.
    [[nodiscard]] bool receive(std::uint64_t bytes, path& on) noexcept;

    /// Bytes that have come and that nobody has read; they hold back as much credit until
    /// let_go().
    void hold(std::uint64_t bytes) noexcept { held_ += bytes; }
    /// They have been read.
    void let_go(std::uint64_t bytes) noexcept { held_ -= bytes; }

    /// Bytes to be granted now. 0 while that is less than half of the window: a grant for every
    /// frame would cost more than it brings. May let the window shrink.
    [[nodiscard]] std::uint32_t take_grant(path& on) noexcept;

    /// At the end of the stream: gives back what it has grown by.
    void close(path& on) noexcept;

    /// Bytes that may be on their way or unread.
    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
    /// Bytes that the peer may send before another grant.
    [[nodiscard]] std::uint64_t left() const noexcept { return granted_ - received_; }
    /// Whether so much has come in this round trip that measuring it may let the window grow, or
    /// the window has grown and may be more than is needed.
    [[nodiscard]] bool wants_measure() const noexcept {
        return size_ > first_credit || in_round_ >= size_ / 4;
    }

private:
    void count_round(std::uint64_t bytes, path& on) noexcept;
    void grow(path& on) noexcept;
    void note_quiet(std::uint64_t rounds) noexcept;
    void shrink(path& on) noexcept;
    [[nodiscard]] std::uint64_t read() const noexcept;

    std::uint32_t size_ = first_credit;
    std::uint32_t wanted_ = first_credit;  // below size_ while more than that has been granted
    std::uint32_t quiet_ = 0;              // round trips since one that brought much
    std::uint64_t granted_ = first_credit;
    std::uint64_t received_ = 0;
    std::uint64_t held_ = 0;
    std::uint64_t round_ = 0;     // in which in_round_ was counted
    std::uint64_t in_round_ = 0;  // bytes
};

}  // namespace trunkline::flow
