// Which messages are kept of which rooms, without their bytes: what goes when, by the limits.
#pragma once

#include <trunkline/room_history/limits.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace trunkline::room_history {

/// One message. 24 bytes.
struct kept_place {
    std::uint64_t number = 0;         ///< greater than that of the one before
    std::uint64_t wall_clock_us = 0;  ///< when it was said, since 1970 UTC
    std::uint64_t size = 0;           ///< in bytes
};

/// One room. Keeps the end of what was said, without a gap.
class kept_room {
public:
    kept_room(std::string_view name, history_limits const& limits) : name_(name), limits_(limits) {}

    /// Adds the newest, and drops what no more is within the limits: maybe all.
    void add(kept_place const& said, std::uint64_t now_us);

    /// Drops what is older than it may be.
    void grow_older(std::uint64_t now_us);

    /// All up to that number are kept no more, or never were.
    void lose_up_to(std::uint64_t number);

    [[nodiscard]] std::string const& name() const noexcept { return name_; }

    [[nodiscard]] history_limits const& limits() const noexcept { return limits_; }

    /// In their order.
    [[nodiscard]] std::deque<kept_place> const& places() const noexcept { return places_; }

    /// Where the first behind that number is among them.
    [[nodiscard]] std::size_t first_after(std::uint64_t number) const noexcept;

    /// Bytes of messages.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    /// Number of the last that was said; 0: none is known.
    [[nodiscard]] std::uint64_t last_number() const noexcept {
        return places_.empty() ? lost_up_to_ : places_.back().number;
    }

    /// Number of the last that is kept no more; 0: there is none.
    [[nodiscard]] std::uint64_t lost_up_to() const noexcept { return lost_up_to_; }

private:
    void drop_first();

    std::string name_;
    history_limits limits_;
    std::deque<kept_place> places_;
    std::uint64_t size_ = 0;
    std::uint64_t lost_up_to_ = 0;
};

/// The rooms in which something was said last. Not thread-safe.
class room_index {
public:
    using limits_of_room = std::function<history_limits(std::string_view)>;

    /// `rooms_max`: beyond it the room goes in which nothing was said for the longest time.
    room_index(limits_of_room limits_of, std::size_t rooms_max)
        : limits_of_(std::move(limits_of)), rooms_max_(rooms_max) {}

    /// The room, in which something is said now. Others may go; of one that is new nothing is known
    /// of what was said up to forgotten_up_to().
    [[nodiscard]] kept_room& speak_in(std::string_view room);

    /// The room, or null.
    [[nodiscard]] kept_room* find(std::string_view room);

    /// All of them; the one that would go next is the first.
    [[nodiscard]] std::list<kept_room> const& rooms() const noexcept { return rooms_; }

    /// The last number that was said in a room that went.
    [[nodiscard]] std::uint64_t forgotten_up_to() const noexcept { return forgotten_up_to_; }

    /// A room went in which that number was the last.
    void forget_up_to(std::uint64_t number) noexcept {
        forgotten_up_to_ = std::max(forgotten_up_to_, number);
    }

private:
    limits_of_room limits_of_;
    std::size_t rooms_max_;
    std::list<kept_room> rooms_;
    std::unordered_map<std::string_view, std::list<kept_room>::iterator> by_name_;
    std::uint64_t forgotten_up_to_ = 0;
};

}  // namespace trunkline::room_history
