// What commands read from standard input.
#pragma once

#include <optional>
#include <string>

namespace trunkline::cli {

/// All of standard input; with a bar for it when `shows_progress`. Complains, and gives the exit
/// code, when it cannot be read.
[[nodiscard]] std::optional<int> read_input(std::string& all, bool shows_progress = false);

}  // namespace trunkline::cli
