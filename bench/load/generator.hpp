// The load generator itself: connections on one thread, kept busy for a while.
#pragma once

#include "lane.hpp"
#include "settings.hpp"

#include <trunkline/load/histogram.hpp>
#include <trunkline/load/process_meter.hpp>

#include <chrono>
#include <cstdint>

namespace trunkline::load {

/// What a run has found. Times and counts are those between warm-up and end.
struct figures {
    std::uint64_t requests = 0;             ///< answered
    std::chrono::nanoseconds elapsed{};     ///< wall time
    std::chrono::nanoseconds own_cpu{};     ///< of the load generator
    std::chrono::nanoseconds server_cpu{};  ///< of the server
    memory server_memory;                   ///< at the end, all connections open
    histogram latencies;                    ///< nanoseconds from due to answered
    faults wrong;                           ///< of all answers, those of the preparation too
};

/// Writes what has to be there, then runs. Every answer is waited for. Throws std::runtime_error
/// when the server cannot be reached, breaks the protocol, or does not answer for a minute.
[[nodiscard]] figures run(settings const& of);

}  // namespace trunkline::load
