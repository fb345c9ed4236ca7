// Limits of rooms: what members can make grow, with unit and default.
#pragma once

#include <trunkline/base/limits.hpp>

#include <cstddef>
#include <cstdint>

namespace trunkline::rooms {

/// What may wait for one member that does not take it, over all of its rooms. The message that its
/// output has begun to take does not count.
struct queue_limits {
    std::size_t messages_max = 4096;  ///< messages
    std::size_t size_max = 32 * mib;  ///< bytes; one message always may wait, however large
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
