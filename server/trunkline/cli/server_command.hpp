// What the subcommands that run a server have in common: flags, a journal, the port file, the end.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/cli/log_settings.hpp>
#include <trunkline/config/setting.hpp>
#include <trunkline/logging/journal.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace trunkline::cli {

struct server_flags {
    log_options logs;
    bool print_limits = false;
};

/// Adds those of the log, and --print-limits, which refer to `flags`.
void add_server_flags(config::setting_list& list, server_flags& flags);

/// Runs a server with a journal as the flags want it, and gives the exit code; or says what is
/// wrong, which is `fault` unless it is empty, or prints the limits. The server may be told of
/// connections that are gone only by the errors of its writes: SIGPIPE is ignored.
[[nodiscard]] int run_server(server_flags const& flags, std::span<config::setting> settings,
                             std::string fault,
                             std::function<int(logging::journal const& log)> const& run);

/// Writes the port to that file, unless it has no name. The exit code.
[[nodiscard]] int tell_port(std::string const& file, std::uint16_t port);

/// The exit code of a server that has come back from running, said and logged.
[[nodiscard]] int tell_end(result<void> const& ended, logging::journal const& log);

}  // namespace trunkline::cli
