// Limits of rooms: what members can make grow, with unit and default.
#pragma once

#include <trunkline/base/limits.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace trunkline::rooms {

/// What may wait for one member that does not take it, over all of its rooms. The message that its
/// output has begun to take does not count.
struct queue_limits {
    std::size_t messages_max = 4096;  ///< messages
    std::size_t size_max = 32 * mib;  ///< bytes; one message always may wait, however large
};

/// When the members of one thread get what is said in a room that is never quiet. A write costs
/// about the same for one message as for many: after a delivery to so many members that it took
/// long, the next one waits twice as long as that, and takes all that was said meanwhile. Only
/// after deliveries that have several messages already, or follow each other closely, sooner than
/// they take; and where a rest brought together no more than one message, as one says nothing until
/// all have heard what was said before, it is a while before the next.
struct rest_limits {
    std::chrono::milliseconds after{2};      ///< deliveries that took less are followed by no rest
    std::chrono::milliseconds longest{250};  ///< of a rest; 0: none at all
    std::size_t messages_max = 64;           ///< that wait; then they are delivered all the same
    std::size_t size_max = 64 * kib;         ///< bytes that wait; likewise
    std::size_t unrested_in_vain = 16;       ///< deliveries without a rest after one in vain
};

/// Members of a room up to which everybody is told who comes and goes, and hears every pong.
/// Above it that would be work that grows with the square of the members.
inline constexpr std::size_t notice_members_max = 1000;

/// Above notice_members_max: changes for each count that everybody is told, as one part of the
/// members. So one change costs at most so many deliveries.
inline constexpr std::size_t count_notice_share = 8;

/// Messages that one call of member::offer() gives at most.
inline constexpr std::size_t offered_max = 64;

/// Bytes of what is read of a history at once, beside one message. No more of it is in memory for
/// one member.
inline constexpr std::size_t history_page_size_max = 256 * kib;

/// Numbers of messages that are reserved at once: so many are skipped at most by a restart.
inline constexpr std::uint64_t numbers_per_reservation = 1U << 16U;

}  // namespace trunkline::rooms
