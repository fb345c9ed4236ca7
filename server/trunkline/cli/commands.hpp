// The subcommands of the program, one file each.
#pragma once

#include <trunkline/cli/command.hpp>

#include <span>

namespace trunkline::cli {

using command_maker = command();

command_maker serve;
command_maker chat;
command_maker verify;
command_maker stat;
command_maker compact;
command_maker get;
command_maker put;
command_maker del;
command_maker exists;
command_maker len;
command_maker batch_get;
command_maker batch_put;
command_maker sim;
command_maker conform;
command_maker bench;
command_maker chat_client;
command_maker completion;
command_maker man;

/// All of them, in the order in which they are listed.
[[nodiscard]] std::span<command_maker* const> all_commands() noexcept;

}  // namespace trunkline::cli
