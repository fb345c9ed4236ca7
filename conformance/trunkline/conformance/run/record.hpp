// One run of one rule on one transport, and what came of it.
#pragma once

#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/verdict.hpp>
#include <trunkline/conformance/world.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace trunkline::conformance {

/// A value; the rule outlives it.
struct record {
    rule const* what = nullptr;
    std::string transport;             ///< subject::name
    std::optional<world_options> how;  ///< none where it stands for all runs of the rule: none made
    verdict found;                     ///< `repeat` is a command line where it failed or is flaky
    std::string known;                 ///< why it may fail, from a list of known failures
    unsigned tries = 0;                ///< how often it was run
    std::chrono::nanoseconds took{0};  ///< in real time, all tries together
};

}  // namespace trunkline::conformance
