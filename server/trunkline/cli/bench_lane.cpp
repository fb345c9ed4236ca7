#include <trunkline/cli/bench_lane.hpp>

#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/tls_flags.hpp>
#include <trunkline/load/dialed_lines.hpp>
#include <trunkline/load/echo.hpp>
#include <trunkline/load/store_talk.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/endpoint_url.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace trunkline::cli {
namespace {

using namespace std::chrono_literals;

websocket::context_options generous() {
    websocket::context_options options;
    options.limits.frame_size_max = 64 * mib;
    options.limits.message_size_max = 64 * mib;
    return options;
}

}  // namespace

bench_lane::bench_lane(bench_options const& options, load::share part, load::meeting& with,
                       load::chat_run& talk)
    : options_(options), part_(part), with_(with), talk_(talk), shared_(loop_, generous()) {}

// What needs the lines.
void bench_lane::settle_in() {
    says_ = conversation_of();
    crowd_ =
        std::make_unique<load::crowd>(loop_, options_.of, *lines_, *says_, counts_, part_, with_);
}

void bench_lane::begin(std::function<void(load::stage)> on_stage) {
    loop_.post([this, on_stage = std::move(on_stage)] {
        crowd_->start([this, on_stage](load::stage next) {
            on_stage(next);
            if (next == load::stage::over) {
                loop_.stop();
            }
        });
        note_progress();
    });
}

void bench_lane::run() {
    try {
        loop_.run();
    } catch (...) {
        with_.leave(part_.index);
        throw;
    }
    second_.reset();
}

void bench_lane::stop() {
    loop_.post([this] { crowd_->stop(); });
}

void bench_lane::note_progress() {
    open_ = crowd_->open();
    failures_ = counts_.failures();
    sent_ = counts_.sent.messages;
    received_ = counts_.received.messages;
    running_us_ = crowd_->running_for().count();
    if (told_) {
        told_();
    }
    second_ = loop_.after(1s, [this] { note_progress(); });
}

void bench_lane::watch(std::function<void()> told) {
    told_ = std::move(told);
}

load::progress bench_lane::so_far() const noexcept {
    return {open_, failures_, sent_, received_, std::chrono::microseconds(running_us_.load())};
}

int bench_lane::reach() {
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
        (*made)->come_from(load::source_addresses_for((*made)->server(), options_.of.connections));
    }
    sockets_ = made->get();
    lines_ = std::move(*made);
    settle_in();
    return exit_success;
}

// A store that takes frames without WebSocket.
int bench_lane::reach_store(bool encrypted) {
    std::optional<tls::context> trust;
    if (encrypted) {
        auto made = client_context({.ca = options_.tls_ca, .cert = {}, .key = {}});
        if (!made) {
            return complain(exit_usage, made.error().message);
        }
        trust = std::move(*made);
    }
    dialer_ =
        std::make_unique<peers::url_dialer>(loop_, &loop_, nullptr, generous(), std::move(trust));
    lines_ = std::make_unique<load::dialed_lines>(*dialer_, options_.url);
    settle_in();
    return exit_success;
}

int bench_lane::make_trust(websocket::ws_dialer::encryption& encrypt) {
    auto const made = client_context({.ca = options_.tls_ca, .cert = {}, .key = {}});
    if (!made) {
        return complain(exit_usage, made.error().message);
    }
    encrypt = [this, by = *made](websocket::ws_dialer::link socket,
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

std::unique_ptr<load::conversation> bench_lane::conversation_of() {
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

std::unique_ptr<load::conversation> bench_lane::chat() {
    if (options_.rooms > 1) {
        std::string const target = websocket::parse_ws_url(options_.url)->target;
        char const joint = target.find('?') == target.npos ? '?' : '&';
        sockets_->ask_for([target, joint, rooms = options_.rooms](std::size_t number) {
            return target + joint + "room=bench-" + std::to_string(number % rooms);
        });
    }
    std::optional<load::chat_protocol> protocol;
    if (options_.protocol != "detect") {
        protocol =
            options_.protocol == "json" ? load::chat_protocol::json : load::chat_protocol::binary;
    }
    return std::make_unique<load::chat_conversation>(loop_, options_.of.size, protocol, talk_,
                                                     part_.index);
}

}  // namespace trunkline::cli
