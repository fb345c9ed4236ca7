// The flags for logging, the same for every subcommand that runs for long.
#pragma once

#include <trunkline/config/setting.hpp>
#include <trunkline/logging/journal.hpp>

#include <optional>
#include <span>
#include <string>

namespace trunkline::cli {

struct log_options {
    std::string level = "info";
    std::string format = "text";
};

/// Adds --log-level and --log-format, which refer to `options`.
void add_log_settings(config::setting_list& list, log_options& options);

/// What the flags and TRUNKLINE_LOG ask for: the variable sets levels per module, and the general
/// level unless --log-level was given. `fault` gets one line when the variable makes no sense.
[[nodiscard]] logging::level_table log_levels(log_options const& options,
                                              std::span<config::setting> settings,
                                              char const* variable, std::string& fault);

}  // namespace trunkline::cli
