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
    std::chrono::nanoseconds own_cpu{};  ///< of this process, while messages were due
    std::optional<std::chrono::nanoseconds> server_cpu = {};  ///< of the server, if it was named
    std::optional<std::uint64_t> server_memory = {};  ///< bytes that only the server has, all open
};

/// Lines for a person, each with its end.
[[nodiscard]] std::string to_text(findings const& of, tally const& counts);

/// One JSON object in one line (docs/bench.md, "JSON").
[[nodiscard]] std::string to_json(findings const& of, tally const& counts);

/// One line for a terminal that tells how far a run has come.
[[nodiscard]] std::string progress_of(findings const& of, tally const& counts, std::size_t open,
                                      std::chrono::seconds running);

}  // namespace trunkline::load
