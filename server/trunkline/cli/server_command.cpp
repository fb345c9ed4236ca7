#include <trunkline/cli/server_command.hpp>

#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/serving/limits_text.hpp>
#include <trunkline/serving/port_file.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace trunkline::cli {

void add_server_flags(config::setting_list& list, server_flags& flags) {
    add_log_settings(list, flags.logs);
    list.push_back({"print-limits", "print every limit as it would be in force, and end",
                    config::toggle{&flags.print_limits}});
}

int run_server(server_flags const& flags, std::span<config::setting> settings, std::string fault,
               std::function<int(logging::journal const& log)> const& run) {
    auto const levels = log_levels(flags.logs, settings, std::getenv("TRUNKLINE_LOG"), fault);
    if (!fault.empty()) {
        return complain(exit_usage, fault);
    }
    if (flags.print_limits) {
        std::fputs(server::limits_text(settings).c_str(), stdout);
        return exit_success;
    }
    ::signal(SIGPIPE, SIG_IGN);
    return run(logging::journal(levels, flags.logs.format == "json" ? logging::line_format::json
                                                                    : logging::line_format::text));
}

int tell_port(std::string const& file, std::uint16_t port) {
    if (!file.empty()) {
        if (auto const written = server::write_port_file(file, port); !written) {
            return complain(exit_failure, "cannot write the port file " + file + ": " +
                                              written.error().message());
        }
    }
    return exit_success;
}

int tell_end(result<void> const& ended, logging::journal const& log) {
    if (!ended) {
        return complain(exit_failure,
                        "ended by an error of the system: " + ended.error().message());
    }
    log.write(logging::area::server, logging::level::info, "stopped");
    return exit_success;
}

}  // namespace trunkline::cli
