// trunkline serve: options in, a running store server, an orderly end.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/output.hpp>
#include <trunkline/cli/report_json.hpp>
#include <trunkline/cli/server_command.hpp>
#include <trunkline/cli/signal_watch.hpp>
#include <trunkline/serve/settings.hpp>
#include <trunkline/serve/store_server.hpp>
#include <trunkline/serving/explain.hpp>

#include <csignal>
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
    // First of all: whoever saw the lines on standard output finds it.
    if (int const code = tell_port(options.port_file, server.port()); code != exit_success) {
        return code;
    }
    // Nobody may be listening to standard output any more; the server runs all the same.
    for (std::string const& endpoint : server.endpoints()) {
        static_cast<void>(say("Server running on " + endpoint));
    }
    return tell_end(server.run(), log);
}

struct serve_command {
    server::serve_options options;
    server_flags flags;
};

int act(serve_command& given, std::span<config::setting> settings) {
    auto fault = server::settle(given.options, settings, server::raise_and_read_machine());
    return run_server(given.flags, settings, std::move(fault), [&](logging::journal const& log) {
        if (given.options.file.empty()) {
            return complain(exit_usage, "no store file given; write trunkline serve FILE");
        }
        return run(given.options, log, given.flags.logs.format == "json");
    });
}

}  // namespace

command serve() {
    auto const given = std::make_shared<serve_command>();
    auto settings = server::settings_of(given->options);
    add_server_flags(settings, given->flags);
    return {{"serve", "Serves a store over WebSocket, TCP, TLS and Unix sockets.", "path", true},
            std::move(settings),
            [given](std::span<config::setting> with) { return act(*given, with); }};
}

}  // namespace trunkline::cli
