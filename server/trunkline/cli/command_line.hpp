// Reads the flags of a subcommand into settings; help and version included.
#pragma once

#include <trunkline/config/setting.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace trunkline::cli {

/// A subcommand's command line: which settings it has, which one also goes without its flag.
struct usage {
    std::string_view command;     ///< such as "serve"
    std::string_view summary;     ///< one line
    std::string_view positional;  ///< the setting that FILE without a flag means; may be empty
    bool has_config_file = false;
};

/// Follows the configuration file, when there is one, then the flags. `arguments` are those after
/// the subcommand's name. Returns an exit code when the program is done (help or version printed,
/// or a complaint made on standard error); nothing when it shall go on.
[[nodiscard]] std::optional<int> read_command_line(usage const& of,
                                                   std::span<char const* const> arguments,
                                                   std::span<config::setting> settings);

/// Writes "trunkline: TEXT" to standard error; returns `code`.
int complain(int code, std::string_view text);

}  // namespace trunkline::cli
