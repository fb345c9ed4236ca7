// trunkline chat-client: one person in the chat, or a script (docs/chat-client.md).
#include <trunkline/chat_client/chat_client.hpp>
#include <trunkline/chat_client/line_editor.hpp>
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/output.hpp>
#include <trunkline/cli/signal_watch.hpp>
#include <trunkline/tls/context.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/asio_runtime.hpp>

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace trunkline::cli {
namespace {

using chat_client::dialect;
using namespace std::chrono_literals;

struct person_options {
    std::string url = "ws://127.0.0.1:8080";
    std::string protocol = "auto";
    std::string tls_ca;
    std::chrono::milliseconds stay{0};
    bool json = false;

    [[nodiscard]] std::optional<dialect> spoken() const {
        if (protocol == "auto") {
            return std::nullopt;
        }
        return protocol == "json" ? dialect::json : dialect::binary;
    }
};

websocket::ws_dialer::encryption encryption_by(transport::runtime& loop, std::string const& ca) {
    return [&loop, ca](websocket::ws_dialer::link socket,
                       std::string const& host) -> result<websocket::ws_dialer::link> {
        tls::client_options wanted;
        if (!ca.empty()) {
            wanted.authorities = ca;
        }
        auto const trust = tls::context::for_client(wanted);
        if (!trust) {
            return trust.error();
        }
        auto made =
            tls::make_client_stream(loop, std::move(socket), *trust, host, tls::spoken::http);
        if (!made) {
            return made.error();
        }
        return websocket::ws_dialer::link(std::move(*made));
    };
}

int act(person_options const& options) {
    transport::asio_runtime loop;
    chat_client::chat_client* running = nullptr;
    signal_watch const signals([&](int) {
        loop.post([&] {
            if (running != nullptr) {
                running->quit();
            }
        });
    });
    bool is_heard = true;
    bool const is_edited = chat_client::line_editor::is_possible(STDIN_FILENO, STDOUT_FILENO);
    chat_client::chat_client person(
        loop,
        {.url = options.url,
         .spoken = options.spoken(),
         .stay = options.stay,
         .input = STDIN_FILENO,
         .terminal = is_edited ? std::optional(STDOUT_FILENO) : std::nullopt},
        {.show =
             [&](chat_client::heard const& what, std::string_view here) {
                 is_heard = is_heard && say(options.json ? as_json(what) : shown(what, here));
                 if (!is_heard) {
                     running->quit();
                 }
             },
         .hint = [](std::string_view words) { std::cerr << words << '\n'; }},
        encryption_by(loop, options.tls_ca));
    running = &person;
    auto const end = person.run();
    running = nullptr;
    if (!end.words.empty()) {
        return complain(end.was_connected ? exit_failure : exit_connect, end.words);
    }
    return is_heard ? exit_success : exit_failure;
}

}  // namespace

command chat_client() {
    auto const options = std::make_shared<person_options>();
    return {
        {.name = "chat-client",
         .summary = "Talks in a chat: ours, or one of the published servers.",
         .positional = "server",
         .details = "Each line of standard input is said; /name NEW, /room NAME, /ping and /quit "
                    "are commands. What is said goes to standard output, a line for each message. "
                    "The end of the input ends it, once all has been sent."},
        {{"server", "where the chat is; ?room=NAME in it names the room to begin in",
          config::words{&options->url, "URL"}},
         {"protocol", "of the two published ones; auto: as the server's first message shows",
          config::choice{&options->protocol, {"auto", "binary", "json"}}},
         {"tls-ca",
          "PEM file with who vouches for the server of wss://, in place of whom the system trusts",
          config::words{&options->tls_ca, "FILE"}},
         {"stay", "how long to stay behind the end of the input",
          config::duration_of(options->stay, 0ms, 24h)},
         {"json", "one JSON object for each message", config::toggle{&options->json}}},
        [options](std::span<config::setting>) { return act(*options); }};
}

}  // namespace trunkline::cli
