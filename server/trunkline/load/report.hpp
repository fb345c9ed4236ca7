// What a run has found: for people, as JSON.
#pragma once

#include <trunkline/load/plan.hpp>
#include <trunkline/load/tally.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::load {

/// What a report tells beside its counts.
struct findings {
    std::string url;                     ///< of the server
    std::string mode;                    ///< as it was asked for
    plan of;                             ///< what was to be done
    std::size_t threads = 1;             ///< that divided it
    std::chrono::nanoseconds own_cpu{};  ///< of this process, while messages were due
    std::optional<std::chrono::nanoseconds> server_cpu = {};  ///< of the server, if it was named
    std::optional<std::uint64_t> server_memory = {};  ///< bytes that only the server has, all open
};

/// Lines for a person, each with its end.
[[nodiscard]] std::string to_text(findings const& of, tally const& counts);

/// One JSON object in one line (docs/bench.md, "JSON").
[[nodiscard]] std::string to_json(findings const& of, tally const& counts);

/// How far a run has come, or one of its threads.
struct progress {
    std::size_t open = 0;                 ///< connections
    std::uint64_t failures = 0;           ///< so far
    std::uint64_t sent = 0;               ///< messages
    std::uint64_t received = 0;           ///< messages
    std::chrono::microseconds running{};  ///< since the first message was due

    /// Adds another thread of the same run.
    void add(progress const& other) noexcept;
};

/// The same as one line for a terminal.
[[nodiscard]] std::string progress_of(findings const& of, progress const& now);

}  // namespace trunkline::load
