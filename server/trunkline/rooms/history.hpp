// What was said in rooms, kept for who comes later: the seam to wherever it lies.
#pragma once

#include <trunkline/rooms/message.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace trunkline::rooms {

/// One message that is kept.
struct kept_message {
    shared_message said;              ///< with the number that it had
    std::uint64_t wall_clock_us = 0;  ///< when, in microseconds since 1970 UTC
};

/// A part of what is kept of a room.
struct kept_messages {
    std::vector<kept_message> messages;  ///< in their order
    std::uint64_t lost_up_to = 0;  ///< number of the last that is kept no more; 0: there is none
};

/// Keeps the newest of each room, without a gap: what is kept no more is older than what is. Any
/// thread. What fails is its own affair: nothing stops the rooms.
class history {
public:
    virtual ~history() = default;

    /// Keeps it. Called under the lock of the room before anybody hears it, in the order of the
    /// room.
    virtual void note(std::string_view room, shared_message const& said) = 0;

    /// The oldest that are kept of the numbers above `after`, up to `until`: at most `count`, and
    /// no more than history_page_size_max bytes but for a single one.
    [[nodiscard]] virtual kept_messages after(std::string_view room, std::uint64_t after,
                                              std::uint64_t until, std::size_t count) = 0;

    /// Up to here numbers were reserved: greater ones were never given.
    [[nodiscard]] virtual std::uint64_t reserved_numbers() = 0;

    /// From now on numbers up to `up_to` may be given, and after a restart none of them again.
    virtual void reserve_numbers(std::uint64_t up_to) = 0;
};

}  // namespace trunkline::rooms
