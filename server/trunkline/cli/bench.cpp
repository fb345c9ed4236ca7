// trunkline bench: many connections to one server, what they say, and how long answers take
// (docs/bench.md).
#include <trunkline/cli/bench_options.hpp>
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/output.hpp>
#include <trunkline/cli/progress_bar.hpp>
#include <trunkline/cli/signal_watch.hpp>
#include <trunkline/cli/status_line.hpp>
#include <trunkline/cli/tls_flags.hpp>
#include <trunkline/load/chart.hpp>
#include <trunkline/load/chat_talk.hpp>
#include <trunkline/load/crowd.hpp>
#include <trunkline/load/dialed_lines.hpp>
#include <trunkline/load/echo.hpp>
#include <trunkline/load/process_meter.hpp>
#include <trunkline/load/report.hpp>
#include <trunkline/load/socket_lines.hpp>
#include <trunkline/load/store_talk.hpp>
#include <trunkline/peer/url_dialer.hpp>
#include <trunkline/serve/settings.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/endpoint_url.hpp>

#include <chrono>
#include <exception>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

namespace trunkline::cli {
namespace {

using namespace std::chrono_literals;

// Beside one for each connection: what a process has open anyway.
constexpr std::size_t descriptors_spared = 32;

websocket::context_options generous() {
    websocket::context_options options;
    options.limits.frame_size_max = 64 * mib;
    options.limits.message_size_max = 64 * mib;
    return options;
}

/// One run, on the thread that makes it.
class bench_run {
public:
    explicit bench_run(bench_options const& options)
        : options_(options),
          shared_(loop_, generous()),
          server_(static_cast<int>(options.server_pid)) {
        found_ = {.url = options.url, .mode = options.mode, .of = options.of};
    }

    /// Returns the exit code: of a complaint, or of what was found.
    int run() {
        if (int const code = reach(); code != exit_success) {
            return code;
        }
        says_ = conversation_of();
        load::crowd crowd(loop_, options_.of, *lines_, *says_, counts_);
        {
            signal_watch const watch([&](int) { loop_.post([&] { crowd.stop(); }); });
            loop_.post([&] { crowd.start([this](load::stage next) { on_stage(next); }); });
            show_progress(crowd);
            loop_.run();
        }
        progress_.reset();
        line_.reset();
        return tell();
    }

private:
    std::unique_ptr<load::conversation> conversation_of() {
        if (options_.mode == "idle") {
            return std::make_unique<load::idle_conversation>(loop_);
        }
        if (options_.mode == "store") {
            return std::make_unique<load::store_conversation>(
                loop_, options_.work, options_.wire == "a" ? frame::layout::a : frame::layout::b);
        }
        if (options_.mode == "chat" || options_.mode == "fan-out") {
            return chat();
        }
        return std::make_unique<load::echo_conversation>(
            loop_, options_.of.size,
            options_.text ? websocket::message_kind::text : websocket::message_kind::binary);
    }

    std::unique_ptr<load::conversation> chat() {
        if (options_.rooms > 1) {
            std::string const target = websocket::parse_ws_url(options_.url)->target;
            char const joint = target.find('?') == target.npos ? '?' : '&';
            sockets_->ask_for([target, joint, rooms = options_.rooms](std::size_t number) {
                return target + joint + "room=bench-" + std::to_string(number % rooms);
            });
        }
        std::optional<load::chat_protocol> protocol;
        if (options_.protocol != "detect") {
            protocol = options_.protocol == "json" ? load::chat_protocol::json
                                                   : load::chat_protocol::binary;
        }
        return std::make_unique<load::chat_conversation>(loop_, options_.of.size, protocol,
                                                         std::random_device()(), options_.rooms);
    }

    int reach() {
        if (options_.mode == "store") {
            auto const parts = transport::parse_endpoint(options_.url);
            if (parts &&
                (parts->scheme == "tcp" || parts->scheme == "tls" || parts->scheme == "unix")) {
                return reach_store(parts->scheme == "tls");
            }
        }
        auto const url = websocket::parse_ws_url(options_.url);
        if (!url) {
            std::string_view const more =
                options_.mode == "store" ? "wss://, tcp://, tls:// or unix:" : "wss://";
            return complain(exit_usage, options_.url + " is no URL of a server; write " +
                                            "ws://HOST:PORT/PATH, or " + std::string(more));
        }
        websocket::ws_dialer::encryption encrypt;
        if (url->secure) {
            if (int const code = make_trust(encrypt); code != exit_success) {
                return code;
            }
        }
        auto made = load::socket_lines::make(loop_, shared_, *url, options_.source_addresses,
                                             std::move(encrypt));
        if (!made) {
            return complain(exit_connect,
                            "cannot reach " + options_.url + ": " + made.error().message());
        }
        if (options_.source_addresses == 0) {
            (*made)->come_from(
                load::source_addresses_for((*made)->server(), options_.of.connections));
        }
        sockets_ = made->get();
        lines_ = std::move(*made);
        return exit_success;
    }

    /// A store that takes frames without WebSocket.
    int reach_store(bool encrypted) {
        std::optional<tls::context> trust;
        if (encrypted) {
            auto made = client_context({.ca = options_.tls_ca, .cert = {}, .key = {}});
            if (!made) {
                return complain(exit_usage, made.error().message);
            }
            trust = std::move(*made);
        }
        dialer_ = std::make_unique<peers::url_dialer>(loop_, &loop_, nullptr, generous(),
                                                      std::move(trust));
        lines_ = std::make_unique<load::dialed_lines>(*dialer_, options_.url);
        return exit_success;
    }

    int make_trust(websocket::ws_dialer::encryption& encrypt) {
        auto const made = client_context({.ca = options_.tls_ca, .cert = {}, .key = {}});
        if (!made) {
            return complain(exit_usage, made.error().message);
        }
        encrypt = [this, by = *made](
                      websocket::ws_dialer::link socket,
                      std::string const& host) -> result<websocket::ws_dialer::link> {
            auto stream =
                tls::make_client_stream(loop_, std::move(socket), by, host, tls::spoken::http);
            if (!stream) {
                return stream.error();
            }
            return websocket::ws_dialer::link(std::move(*stream));
        };
        return exit_success;
    }

    void on_stage(load::stage next) {
        if (next == load::stage::running) {
            own_cpu_ = load::own_cpu_time();
            server_cpu_ = server_.cpu_time();
        } else if (next == load::stage::parting && counts_.elapsed != 0us) {
            found_.own_cpu = load::own_cpu_time() - own_cpu_;
            if (options_.server_pid != 0) {
                found_.server_cpu = server_.cpu_time() - server_cpu_;
                found_.server_memory = server_.memory_now().own;
            }
        } else if (next == load::stage::over) {
            loop_.stop();
        }
    }

    void show_progress(load::crowd const& crowd) {
        if (!is_shown_to_a_person()) {
            return;
        }
        if (!line_) {
            line_.emplace();
        }
        auto const running = std::chrono::duration_cast<std::chrono::seconds>(crowd.running_for());
        line_->draw(load::progress_of(found_, counts_, crowd.open(), running)
                        .substr(0, columns_of_terminal()));
        progress_ = loop_.after(1s, [this, &crowd] { show_progress(crowd); });
    }

    int tell() {
        std::string const json = load::to_json(found_, counts_) + "\n";
        bool told = write_text(options_.json == "-" ? json : load::to_text(found_, counts_));
        if (!options_.json.empty() && options_.json != "-") {
            told = write_file(options_.json, json) && told;
        }
        if (!options_.chart.empty()) {
            told = write_file(options_.chart, load::to_svg(found_, counts_)) && told;
        }
        if (counts_.opened == 0 && counts_.failures() != 0) {
            return exit_connect;
        }
        return told && counts_.failures() == 0 ? exit_success : exit_failure;
    }

    static bool write_file(std::string const& path, std::string const& text) {
        std::ofstream to(path, std::ios::binary | std::ios::trunc);
        to << text;
        bool const written = static_cast<bool>(to.flush());
        if (!written) {
            complain(exit_failure, "cannot write " + path);
        }
        return written;
    }

    bench_options const& options_;
    transport::asio_runtime loop_;
    websocket::context shared_;
    load::process_meter server_;
    load::findings found_;
    load::tally counts_;
    std::unique_ptr<peers::url_dialer> dialer_;
    std::unique_ptr<load::line_source> lines_;
    load::socket_lines* sockets_ = nullptr;  // the lines, where they are WebSocket connections
    std::unique_ptr<load::conversation> says_;
    std::chrono::nanoseconds own_cpu_{};
    std::chrono::nanoseconds server_cpu_{};
    std::optional<status_line> line_;
    std::unique_ptr<transport::timer> progress_;
};

int act(bench_options& options) {
    if (auto const fault = settle(options); !fault.empty()) {
        return complain(exit_usage, fault);
    }
    std::size_t const descriptors = server::raise_and_read_machine().descriptors;
    if (options.of.connections + descriptors_spared > descriptors) {
        return complain(exit_usage, "--connections: " + std::to_string(options.of.connections) +
                                        " take more descriptors than the " +
                                        std::to_string(descriptors) +
                                        " that this process may have; see ulimit -n");
    }
    try {
        return bench_run(options).run();
    } catch (std::exception const& fault) {
        return complain(exit_failure, fault.what());
    }
}

}  // namespace

command bench() {
    auto const options = std::make_shared<bench_options>();
    return {
        {.name = "bench",
         .summary = "Loads a WebSocket server with many connections and tells how it did.",
         .positional = "url",
         .details = "Works with every server, ours or not: idle only keeps connections, echo sends "
                    "messages that come back, chat has all members of a chat speak, fan-out one, "
                    "store calls a store. A message is due by the clock, "
                    "and its latency counts from then: a server that pauses is charged for all "
                    "that was due meanwhile. Exit code 1 tells that something failed, 6 that no "
                    "connection could be made.",
         .more_positional = {"connections", "seconds", "concurrency"}},
        bench_settings(*options),
        [options](std::span<config::setting>) { return act(*options); }};
}

}  // namespace trunkline::cli
