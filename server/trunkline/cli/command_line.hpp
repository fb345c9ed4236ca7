// Reads the command line of a subcommand into its settings, help and version included, and runs it.
#pragma once

#include <trunkline/cli/commands.hpp>

#include <memory>
#include <span>
#include <string_view>

namespace CLI {
class App;
}

namespace trunkline::cli {

/// Follows the configuration file, when there is one, then the flags, and runs what is then set.
/// `arguments` are those after the subcommand's name. Returns the exit code, also of help or
/// version printed, or of a complaint made on standard error.
[[nodiscard]] int run_command(command made, std::span<char const* const> arguments);

/// The command line of the whole program as CLI11 has it, to be described.
[[nodiscard]] std::shared_ptr<CLI::App> program_app(std::span<command_maker* const> commands);

/// Writes "trunkline: TEXT" to standard error; returns `code`.
int complain(int code, std::string_view text);

}  // namespace trunkline::cli
