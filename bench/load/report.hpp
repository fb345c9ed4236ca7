// What a run has found, as JSON.
#pragma once

#include "generator.hpp"

#include <string>

namespace trunkline::load {

/// One object in one line; times in microseconds, memory in bytes. What was not measured is left
/// out.
[[nodiscard]] std::string to_json(settings const& of, figures const& found);

}  // namespace trunkline::load
