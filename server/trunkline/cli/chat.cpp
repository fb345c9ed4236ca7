// trunkline chat: options in, a running chat server, an orderly end.
#include <trunkline/chat/chat_server.hpp>
#include <trunkline/chat/open_history.hpp>
#include <trunkline/chat/settings.hpp>
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/log_settings.hpp>
#include <trunkline/cli/output.hpp>
#include <trunkline/cli/signal_watch.hpp>
#include <trunkline/serving/explain.hpp>
#include <trunkline/serving/limits_text.hpp>
#include <trunkline/serving/port_file.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

namespace trunkline::cli {
namespace {

using logging::area;
using logging::level;

struct chat_command {
    chat::chat_options options;
    log_options logs;
    bool print_limits = false;
};

int run(chat::chat_options const& options, logging::journal const& log) {
    std::string fault;
    auto const history = chat::open_history(options, log, fault);
    if (!history) {
        return complain(exit_store, fault);
    }
    chat::chat_server server(options, log, history->get());
    signal_watch const signals([&server, &log](int number) {
        log.write(area::server, level::info, "stopping: goodbye to all",
                  {{"signal", number == SIGINT ? "SIGINT" : "SIGTERM"}});
        server.request_stop();
    });
    if (auto const listening = server.listen(); !listening) {
        return complain(exit_listen, server::explain_listen(server.endpoint(), listening.error()));
    }
    if (!options.port_file.empty()) {
        auto const written = server::write_port_file(options.port_file, server.port());
        if (!written) {
            return complain(exit_failure, "cannot write the port file " + options.port_file + ": " +
                                              written.error().message());
        }
    }
    // Nobody may be listening to standard output any more; the server runs all the same.
    static_cast<void>(say("Chat running on ws://" + server.endpoint()));
    if (auto const ended = server.run(); !ended) {
        return complain(exit_failure,
                        "ended by an error of the system: " + ended.error().message());
    }
    log.write(area::server, level::info, "stopped");
    return exit_success;
}

int act(chat_command& given, std::span<config::setting> settings) {
    std::string fault = chat::settle(given.options, server::raise_and_read_machine());
    auto const levels = log_levels(given.logs, settings, std::getenv("TRUNKLINE_LOG"), fault);
    if (!fault.empty()) {
        return complain(exit_usage, fault);
    }
    if (given.print_limits) {
        std::fputs(server::limits_text(settings).c_str(), stdout);
        return exit_success;
    }
    ::signal(SIGPIPE, SIG_IGN);
    bool const as_objects = given.logs.format == "json";
    logging::journal const log(
        levels, as_objects ? logging::line_format::json : logging::line_format::text);
    return run(given.options, log);
}

}  // namespace

command chat() {
    auto const given = std::make_shared<chat_command>();
    auto settings = chat::settings_of(given->options);
    add_log_settings(settings, given->logs);
    settings.push_back({"print-limits", "print every limit as it would be in force, and end",
                        config::toggle{&given->print_limits}});
    return {{"chat", "Serves a chat with rooms over WebSocket, in either published protocol.", "",
             true},
            std::move(settings),
            [given](std::span<config::setting> with) { return act(*given, with); }};
}

}  // namespace trunkline::cli
