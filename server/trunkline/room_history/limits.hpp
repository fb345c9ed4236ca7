// Limits of the history of a room, with unit and default.
#pragma once

#include <trunkline/base/limits.hpp>

#include <chrono>
#include <cstddef>

namespace trunkline::room_history {

/// What is kept of one room: the newest that are within all of these. A message that is larger than
/// `size_max` is not kept, nor what came before it.
struct history_limits {
    std::size_t messages_max = 1000;       ///< messages; 0: nothing is kept of it
    std::chrono::milliseconds age_max{0};  ///< since it was said; 0: any
    std::size_t size_max = 1 * mib;        ///< bytes of messages
};

/// Rooms of which something is kept; beyond it the one goes in which nothing was said for the
/// longest time.
inline constexpr std::size_t history_rooms_max = 1024;

/// Bytes by which a file may exceed twice what is kept before the other one takes over.
inline constexpr std::size_t history_waste_max = 16 * mib;

}  // namespace trunkline::room_history
