// What becomes of messages for members that do not take them as fast as they come.
#pragma once

#include <trunkline/rooms/limits.hpp>

#include <cstddef>
#include <cstdint>

namespace trunkline::rooms {

/// Decided per room; the bound is that of queue_limits.
enum class slow_policy : std::uint8_t {
    /// Publishers are held back from half of the bound on, until it is half of that. Who goes on
    /// publishing nevertheless makes the member be closed at the bound.
    wait,
    drop_oldest,  ///< the oldest messages of the room go; the member is told how many
    keep_latest,  ///< only the newest message of the room waits; the member is told how many went
    close,        ///< the member is closed at the bound
};

/// How one room treats its members. Fixed when the room is made.
struct room_options {
    slow_policy slow = slow_policy::close;  ///< for members that are too slow
    queue_limits queue;                     ///< of what may wait for one of them
    std::size_t notice_members_max = rooms::notice_members_max;  ///< members; 0: counts only
};

/// What a member has not got, of one room.
struct missed_messages {
    std::uint64_t count = 0;  ///< messages; 0: of a history, and not known
    std::uint64_t from = 0;   ///< number of the first of them
    std::uint64_t to = 0;     ///< number of the last; others may lie in between that it got
};

}  // namespace trunkline::rooms
