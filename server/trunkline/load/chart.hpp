// What a run has found, as a picture.
#pragma once

#include <trunkline/load/report.hpp>
#include <trunkline/load/tally.hpp>

#include <string>

namespace trunkline::load {

/// An SVG that needs nothing from outside: the curve of latencies by share, and messages a second
/// over time. Readable on light and on dark.
[[nodiscard]] std::string to_svg(findings const& of, tally const& counts);

}  // namespace trunkline::load
