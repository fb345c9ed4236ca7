// trunkline chat: options in, a running chat server, an orderly end.
#include <trunkline/chat/chat_server.hpp>
#include <trunkline/chat/open_history.hpp>
#include <trunkline/chat/settings.hpp>
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/output.hpp>
#include <trunkline/cli/server_command.hpp>
#include <trunkline/cli/signal_watch.hpp>
#include <trunkline/serving/explain.hpp>

#include <csignal>
#include <memory>
#include <string>
#include <utility>

namespace trunkline::cli {
namespace {

using logging::area;
using logging::level;

struct chat_command {
    chat::chat_options options;
    server_flags flags;
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
    if (int const code = tell_port(options.port_file, server.port()); code != exit_success) {
        return code;
    }
    // Nobody may be listening to standard output any more; the server runs all the same.
    static_cast<void>(say("Chat running on ws://" + server.endpoint()));
    return tell_end(server.run(), log);
}

int act(chat_command& given, std::span<config::setting> settings) {
    return run_server(given.flags, settings,
                      chat::settle(given.options, server::raise_and_read_machine()),
                      [&](logging::journal const& log) { return run(given.options, log); });
}

}  // namespace

command chat() {
    auto const given = std::make_shared<chat_command>();
    auto settings = chat::settings_of(given->options);
    add_server_flags(settings, given->flags);
    return {{"chat", "Serves a chat with rooms over WebSocket, in either published protocol.", "",
             true},
            std::move(settings),
            [given](std::span<config::setting> with) { return act(*given, with); }};
}

}  // namespace trunkline::cli
