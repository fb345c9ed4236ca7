#include <trunkline/serve/worker.hpp>

#include <trunkline/extension/kinds.hpp>
#include <trunkline/serving/counted_stream.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/socket_listener.hpp>
#include <trunkline/transport/socket_stream.hpp>
#include <trunkline/transport/stream_connection.hpp>
#include <trunkline/websocket/connection.hpp>
#include <trunkline/websocket/origin.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::server {
namespace {

using logging::area;
using logging::level;

/// How often a thread that stops looks whether everybody has gone.
constexpr std::chrono::milliseconds look_interval{2};

/// To the extension, when a client asks for it.
bool agrees(serve_options const& options) {
    return options.extension == "on";
}

websocket::context_options context_options_of(serve_options const& options) {
    websocket::context_options made;
    made.limits = options.websocket;
    made.handshake_timeout = options.connection.handshake_timeout;
    made.linger_timeout = std::min(made.linger_timeout, options.connection.close_timeout);
    made.deflate = options.deflate;
    made.origins = websocket::parse_origins(options.allow_origin).value();  // settled
    made.subprotocol = agrees(options) ? extension::subprotocol : std::string_view();
    return made;
}

transport::driver::options driver_options_of(serve_options const& options) {
    transport::driver::options made;
    made.session.limits = options.session;
    made.session.extensible = agrees(options);
    made.limits = options.connection;
    return made;
}

}  // namespace

worker::worker(shared_parts const& shared)
    : shared_(shared),
      websockets_(loop_, context_options_of(shared.options)),
      connections_(loop_, methods_, driver_options_of(shared.options), shared.log, links()) {}

worker::~worker() = default;

void worker::listen(served_socket socket) {
    std::unique_ptr<transport::listener> made;
    if (socket.kind == link_kind::websocket) {
        auto one = std::make_unique<websocket::ws_listener>(
            websockets_, loop_, std::move(socket.socket),
            listen_options(std::move(socket.ws_path), socket.is_secure));
        websocket_listeners_.push_back(one.get());
        made = std::move(one);
    } else if (socket.is_secure) {
        made = std::make_unique<tls::tls_listener>(*shared_.certificates, loop_,
                                                   std::move(socket.socket), std::move(socket.text),
                                                   tls_options());
    } else {
        made = std::make_unique<transport::socket_listener>(
            loop_, std::move(socket.socket), std::move(socket.text),
            [this](auto link) { return admit(std::move(link)); });
    }
    listeners_.emplace_back(socket.kind, std::move(made));
}

websocket::listen_options worker::listen_options(std::string ws_path, bool is_secure) {
    websocket::listen_options made;
    made.scheme = is_secure ? "wss" : "ws";
    made.path = std::move(ws_path);
    made.echo_path = shared_.options.echo_path;
    made.echo_limits = shared_.options.connection;
    made.admit = [this, is_secure](auto link) {
        auto admitted = admit(std::move(link));
        return admitted && is_secure ? encrypt(std::move(admitted)) : std::move(admitted);
    };
    return made;
}

tls::listen_options worker::tls_options() {
    return {.handshake_timeout = shared_.options.connection.handshake_timeout,
            .admit = [this](auto link) { return admit(std::move(link)); },
            .on_failed =
                [this](std::string_view peer, error_code why) {
                    shared_.log.write(area::ws, level::debug, "handshake failed",
                                      {{"peer", peer}, {"why", why.message()}});
                }};
}

// The handshake of WebSocket waits for that of TLS, in the time for both.
std::unique_ptr<transport::byte_stream> worker::encrypt(
    std::unique_ptr<transport::byte_stream> link) {
    auto made =
        tls::make_server_stream(loop_, std::move(link), *shared_.certificates, tls::spoken::http);
    return made ? std::move(*made) : nullptr;
}

std::unique_ptr<transport::byte_stream> worker::admit(
    std::unique_ptr<transport::byte_stream> link) {
    auto place = shared_.gate.enter(link->peer());
    if (!place) {
        shared_.log.write(area::ws, level::warn, "connection refused: too many",
                          {{"peer", link->peer()}});
        return nullptr;
    }
    return std::make_unique<counted_stream>(std::move(link), std::move(place));
}

link_maker worker::links() {
    return {.join = [this](link_kind kind, std::uint8_t form,
                           std::unique_ptr<transport::byte_stream> link)
                -> std::unique_ptr<transport::connection> {
                if (kind == link_kind::stream) {
                    return std::make_unique<transport::stream_connection>(std::move(link));
                }
                websocket::deflate_agreement const agreed{.window_bits = form};
                return std::make_unique<websocket::connection>(
                    websockets_, websocket::role::server, std::move(link), bytes_view(), agreed);
            },
            .reopen =
                [this](transport::file_descriptor bare) {
                    return std::make_unique<counted_stream>(
                        std::make_unique<transport::socket_stream>(loop_, std::move(bare)),
                        shared_.gate.entered());
                },
            .sockets = &loop_.readiness()};
}

void worker::run() {
    for (auto const& [kind, each] : listeners_) {
        each->start([this, of = kind](std::unique_ptr<transport::connection> link) {
            connections_.add(std::move(link), of);
        });
    }
    loop_.run();
    auto const& counted = websockets_.counters();
    shared_.log.write(area::ws, level::debug, "handshakes and messages of one thread",
                      {{"accepted", counted.upgrades_accepted},
                       {"refused", counted.upgrades_refused},
                       {"lost", counted.handshakes_lost},
                       {"protocol_errors", counted.protocol_errors},
                       {"text_ignored", counted.text_messages_ignored}});
}

void worker::stop() {
    loop_.post([this] { begin_stop(); });
}

void worker::begin_stop() {
    if (std::exchange(stopping_, true)) {
        return;
    }
    for (auto const& [kind, each] : listeners_) {
        each->close();
    }
    connections_.drain();
    deadline_ = loop_.after(shared_.options.drain_timeout, [this] { cut(); });
    wind_down();
}

/// Connections, handshakes, echoes and last words all end by themselves, each in a bounded time.
void worker::wind_down() {
    std::size_t left = connections_.size() + websockets_.lingering().size();
    for (auto const* const each : websocket_listeners_) {
        left += each->unseen_connections();
    }
    if (left == 0) {
        loop_.stop();
        return;
    }
    next_look_ = loop_.after(look_interval, [this] { wind_down(); });
}

void worker::cut() {
    if (connections_.size() > 0) {
        shared_.log.write(area::server, level::warn,
                          "connections cut: the drain timeout has passed",
                          {{"connections", connections_.size()}});
        connections_.close_all();
    }
}

}  // namespace trunkline::server
