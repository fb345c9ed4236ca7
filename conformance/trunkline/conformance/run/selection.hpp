// Which rules are run, where, and when to stop.
#pragma once

#include <trunkline/conformance/world.hpp>
#include <trunkline/transport/simulated_pipe.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conformance {

/// A value. An empty list means all there are.
struct selection {
    std::vector<std::string> rules;       ///< ids, "FLO-03", and families, "FLO"
    std::vector<std::string> transports;  ///< names of subjects
    std::vector<transport::delivery_shape> shapes;
    std::vector<initiator> roles;
    std::vector<std::uint64_t> seeds{1};  ///< each run is made with each of them; not empty
    volume size = volume::quick;
    unsigned tries = 1;  ///< a run that fails is made again up to so often; at least 1
    std::optional<std::chrono::milliseconds> time;      ///< no run begins later than this
    std::optional<std::size_t> failures;                ///< no run begins after so many that failed
    std::optional<std::chrono::milliseconds> run_time;  ///< in place of the times of run_limits
    fault_schedule disturbed = {};                      ///< of every run (world_options::disturbed)
};

/// Whether the rule of this id is among the chosen ones.
[[nodiscard]] bool chooses_rule(selection const& of, std::string_view id);
/// Likewise a transport, by the name of its subject.
[[nodiscard]] bool chooses_transport(selection const& of, std::string_view name);
/// Likewise shape and role of a run; the seed does not matter.
[[nodiscard]] bool chooses_run(selection const& of, world_options const& how);

}  // namespace trunkline::conformance
