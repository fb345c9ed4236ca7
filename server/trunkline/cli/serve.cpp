// trunkline serve: options in, a running store server, an orderly end.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/log_settings.hpp>
#include <trunkline/cli/output.hpp>
#include <trunkline/cli/report_json.hpp>
#include <trunkline/cli/signal_watch.hpp>
#include <trunkline/serve/settings.hpp>
#include <trunkline/serve/store_server.hpp>
#include <trunkline/serving/explain.hpp>
#include <trunkline/serving/port_file.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace trunkline::cli {
namespace {

using logging::area;
using logging::level;

std::string signal_name(int number) {
    return number == SIGINT ? "SIGINT" : "SIGTERM";
}

/// The port file goes first: whoever saw the line on standard output finds it.
int announce(server::store_server const& server, server::serve_options const& options) {
    if (!options.port_file.empty()) {
        auto const written = server::write_port_file(options.port_file, server.port());
        if (!written) {
            return complain(exit_failure, "cannot write the port file " + options.port_file + ": " +
                                              written.error().message());
        }
    }
    // Nobody may be listening to standard output any more; the server runs all the same.
    for (std::string const& endpoint : server.endpoints()) {
        static_cast<void>(say("Server running on " + endpoint));
    }
    return exit_success;
}

void reload_certificates(server::store_server& server, logging::journal const& log) {
    std::string const fault = server.load_certificates();
    if (fault.empty()) {
        log.write(area::server, level::info, "certificates read again, for connections to come");
    } else {
        log.write(area::server, level::error, "certificates not read again, the old ones stay",
                  {{"why", fault}});
    }
}

int run(server::serve_options const& options, logging::journal const& log, bool as_objects) {
    server::store_server server(options, log);
    auto const on_first = [&server, &log](int number) {
        log.write(area::server, level::info, "stopping: no new connections, answering what came",
                  {{"signal", signal_name(number)}});
        server.request_stop();
    };
    if (std::string const fault = server.load_certificates(); !fault.empty()) {
        return complain(exit_usage, fault);
    }
    auto const reload = [&server, &log] { reload_certificates(server, log); };
    signal_watch const signals(
        on_first, options.tls_cert.empty() ? std::function<void()>() : std::function(reload));
    if (auto const listening = server.listen(); !listening) {
        auto const& tried = server.endpoints();
        return complain(exit_listen, server::explain_listen(tried.empty() ? "" : tried.back(),
                                                            listening.error()));
    }
    store::open_report report;
    if (auto const opened = server.open(report); !opened) {
        return complain(exit_store, report.explain(opened.error()));
    }
    static_cast<void>(say(as_objects ? serialize(as_json(report)) : report.to_text()));
    if (int const code = announce(server, options); code != exit_success) {
        return code;
    }
    if (auto const ended = server.run(); !ended) {
        return complain(exit_failure,
                        "ended by an error of the system: " + ended.error().message());
    }
    log.write(area::server, level::info, "stopped");
    return exit_success;
}

struct serve_command {
    server::serve_options options;
    log_options logs;
    bool print_limits = false;
};

int act(serve_command& given, std::span<config::setting> settings) {
    std::string fault = server::settle(given.options, settings, server::raise_and_read_machine());
    auto const levels = log_levels(given.logs, settings, std::getenv("TRUNKLINE_LOG"), fault);
    if (!fault.empty()) {
        return complain(exit_usage, fault);
    }
    if (given.print_limits) {
        std::fputs(server::limits_text(settings).c_str(), stdout);
        return exit_success;
    }
    if (given.options.file.empty()) {
        return complain(exit_usage, "no store file given; write trunkline serve FILE");
    }
    ::signal(SIGPIPE, SIG_IGN);
    bool const as_objects = given.logs.format == "json";
    logging::journal const log(
        levels, as_objects ? logging::line_format::json : logging::line_format::text);
    return run(given.options, log, as_objects);
}

}  // namespace

command serve() {
    auto const given = std::make_shared<serve_command>();
    auto settings = server::settings_of(given->options);
    add_log_settings(settings, given->logs);
    settings.push_back({"print-limits", "print every limit as it would be in force, and end",
                        config::toggle{&given->print_limits}});
    return {{"serve", "Serves a store over WebSocket, TCP, TLS and Unix sockets.", "path", true},
            std::move(settings),
            [given](std::span<config::setting> with) { return act(*given, with); }};
}

}  // namespace trunkline::cli
