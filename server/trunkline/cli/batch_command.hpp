// What batch-get and batch-put have in common: the form of their lines.
#pragma once

#include <trunkline/cli/batch_lines.hpp>
#include <trunkline/cli/key_command.hpp>

#include <functional>
#include <optional>
#include <string>

namespace trunkline::cli {

/// Behind --hex and --files.
struct batch_settings {
    bool is_hex = false;
    bool files = false;
};

[[nodiscard]] line_rules rules_of(batch_settings const& settings, key_options const& options);

/// Reads the lines of standard input and hands each entry to `take`, which returns a complaint or
/// an empty text. Complains about the first line that is wrong, and gives the exit code then.
[[nodiscard]] std::optional<int> read_batch(line_rules const& rules,
                                            std::function<std::string(batch_entry)> const& take);

}  // namespace trunkline::cli
