// Runs rules on transports and says what became of them.
#pragma once

#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/subject.hpp>
#include <trunkline/conformance/verdict.hpp>
#include <trunkline/conformance/world.hpp>

#include <vector>

namespace trunkline::conformance {

/// One run: a rule on a transport with links of one shape, in one role. Whatever the rule throws
/// becomes a verdict, and what it leaves behind a failure (leftovers.hpp): links, timers, posted
/// work, clients, servers, descriptors, threads, bytes. Where bytes are left the run is made again,
/// a few times.
[[nodiscard]] verdict judge(rule const& what, subject const& of, world_options const& how);

/// Why the rule means nothing on this transport; empty when it does.
[[nodiscard]] std::string unmet_need(rule const& what, subject const& of, bool virtual_time);

/// All runs that a rule has on a transport: shapes times roles, as far as they make a difference.
[[nodiscard]] std::vector<world_options> runs_of(rule const& what, subject const& of,
                                                 world_options const& base);

/// The first run of runs_of() that does not pass, or a pass; not applicable when none applies.
[[nodiscard]] verdict judge_all(rule const& what, subject const& of, world_options const& base);

/// "FLO-03 on tcp, one_byte, server calls, seed 7, quick, virtual time".
[[nodiscard]] std::string describe(rule const& what, subject const& of, world_options const& how);

}  // namespace trunkline::conformance
