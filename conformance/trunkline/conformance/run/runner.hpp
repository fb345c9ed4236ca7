// Runs rules on transports, one after the other, and writes down what came of each run.
#pragma once

#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/run/known_failures.hpp>
#include <trunkline/conformance/run/run_report.hpp>
#include <trunkline/conformance/run/selection.hpp>
#include <trunkline/conformance/subject.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conformance {

/// What is run, and who is told. A value; what the spans show outlives the runs, and the rules the
/// report.
struct run_request {
    std::span<subject const> subjects;
    std::span<rule const> rules = all_rules();
    selection chosen;
    std::span<known_failure const> known;
    /// Named in the lines that repeat a run.
    std::string program = "trunkline_conformance";
    /// What stands behind the program there, when set; flags_of() else.
    std::function<std::string(rule const&, world_options const&)> flags = {};
    /// Told of each run before it is made, by the line that repeats it, when set: the last one
    /// names the run that never ended.
    std::function<void(std::string_view repeat)> starting = {};
    /// Makes each run, when set; judge() does else.
    std::function<verdict(rule const&, subject const&, world_options const&)> judged_by = {};
};

/// Makes the chosen runs, each in the time its transport runs in: virtual where it can. Rules that
/// are not chosen, or that a limit stops, are skipped; what means nothing is not applicable.
[[nodiscard]] run_report run(run_request const& wanted);

}  // namespace trunkline::conformance
