// The subcommands of the program, one file each.
#pragma once

#include <span>

namespace trunkline::cli {

/// A subcommand: takes the arguments after its name, returns the exit code.
using command_function = int(std::span<char const* const> arguments);

command_function serve;
command_function verify;
command_function stat;
command_function compact;
command_function get;
command_function put;
command_function del;
command_function exists;
command_function len;

}  // namespace trunkline::cli
