#include <trunkline/peer/server_loop.hpp>

#include <trunkline/peer/line_access.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/socket_listener.hpp>
#include <trunkline/transport/socket_stream.hpp>

#include <string_view>
#include <utility>

namespace trunkline::peers {
namespace {

using transport::close_code;
using transport::connection_state;

constexpr std::string_view farewell = "the server stops";

/// How often a loop that stops looks whether everybody has gone.
constexpr std::chrono::milliseconds look_interval{2};

}  // namespace

server_loop::server_loop(transport::runtime& loop, transport::asio_runtime* sockets,
                         server_settings& shared)
    : loop_(loop),
      sockets_(sockets),
      shared_(shared),
      handle_(std::make_shared<loop_handle>(loop, sockets)) {
    if (sockets != nullptr) {
        websockets_ = std::make_unique<websocket::context>(loop, shared.websockets);
        adopting_ = std::make_unique<websocket::acceptor>(
            *websockets_, shared.adopted,
            [this](std::unique_ptr<websocket::connection> made,
                   websocket::accepted_request const&) { add(std::move(made)); });
    }
}

server_loop::~server_loop() {
    end();
    shut();
}

void server_loop::end() {
    if (std::exchange(ended_, true)) {
        return;
    }
    next_look_.reset();
    deadline_.reset();
    adopting_.reset();
    websocket_listeners_.clear();
    tls_listeners_.clear();
    listeners_.clear();
    for (auto& [id, each] : std::exchange(entries_, {})) {
        shared_.peers.remove(id);
        each.seen_as->detach();
        each.driver.reset();
    }
}

void server_loop::add_websocket_listener(transport::listening_socket socket, std::string path,
                                         bool is_secure) {
    websocket::listen_options options;
    options.scheme = is_secure ? "wss" : "ws";
    options.path = std::move(path);
    options.admit = [this, is_secure](auto link) {
        auto admitted = admit(std::move(link));
        return admitted && is_secure ? encrypt(std::move(admitted)) : std::move(admitted);
    };
    auto made = std::make_unique<websocket::ws_listener>(*websockets_, *sockets_, std::move(socket),
                                                         std::move(options));
    websocket_listeners_.push_back(made.get());
    listeners_.push_back(std::move(made));
}

void server_loop::add_tls_listener(transport::listening_socket socket, std::string endpoint) {
    auto made = std::make_unique<tls::tls_listener>(
        *shared_.certificates, *sockets_, std::move(socket), std::move(endpoint),
        tls::listen_options{.handshake_timeout = shared_.websockets.handshake_timeout,
                            .admit = [this](auto link) { return admit(std::move(link)); }});
    tls_listeners_.push_back(made.get());
    add_listener(std::move(made));
}

void server_loop::add_stream_listener(transport::listening_socket socket, std::string endpoint) {
    add_listener(std::make_unique<transport::socket_listener>(
        *sockets_, std::move(socket), std::move(endpoint),
        [this](auto link) { return admit(std::move(link)); }));
}

void server_loop::add_listener(std::unique_ptr<transport::listener> made) {
    listeners_.push_back(std::move(made));
}

void server_loop::start() {
    for (auto const& each : listeners_) {
        each->start([this](std::unique_ptr<transport::connection> link) { add(std::move(link)); });
    }
}

void server_loop::adopt(transport::file_descriptor socket, bytes_view received) {
    if (adopting_ != nullptr && !is_full()) {
        transport::disable_send_delay(socket.get());
        transport::probe_link(socket.get());
        adopting_->add(std::make_unique<transport::socket_stream>(*sockets_, std::move(socket)),
                       received);
    }
}

// Asked of every accepted stream, before anything is made of it.
std::unique_ptr<transport::byte_stream> server_loop::admit(
    std::unique_ptr<transport::byte_stream> link) const {
    return is_full() ? nullptr : std::move(link);
}

std::unique_ptr<transport::byte_stream> server_loop::encrypt(
    std::unique_ptr<transport::byte_stream> link) const {
    auto made =
        tls::make_server_stream(loop_, std::move(link), *shared_.certificates, tls::spoken::http);
    return made ? std::move(*made) : nullptr;
}

// Who has not said who he is yet counts, too: else strangers could wait here in any number.
bool server_loop::is_full() const {
    return shared_.connections_max != 0 &&
           shared_.peers.size() + handshakes() >= shared_.connections_max;
}

std::size_t server_loop::handshakes() const noexcept {
    std::size_t count = adopting_ != nullptr ? adopting_->pending() : 0;
    for (auto const* const each : websocket_listeners_) {
        count += each->unseen_connections();
    }
    for (auto const* const each : tls_listeners_) {
        count += each->pending();
    }
    return count;
}

void server_loop::add(std::unique_ptr<transport::connection> link) {
    auto const id = shared_.peers.next_id();
    auto const joined =
        std::make_shared<line>(handle_, id, shared_.default_timeout, shared_.services);
    if (!shared_.peers.add(joined, shared_.connections_max)) {
        link->abort();
        return;
    }
    auto made = std::make_unique<transport::driver>(
        loop_, std::move(link), shared_.methods, shared_.connection,
        [this, id](connection_state state, error_code why) { on_state(id, state, why); });
    made->peer().set_owner(joined.get());
    joined->attach(*made);
    entries_.emplace(id, entry{joined, std::move(made)});
    report(joined, connection_state::connecting, {});
    if (auto const found = entries_.find(id); found != entries_.end()) {
        found->second.driver->start();
    }
    if (auto const found = entries_.find(id); found != entries_.end() && stopping_) {
        found->second.driver->drain(close_code::going_away, farewell);
    }
}

void server_loop::on_state(std::uint64_t id, connection_state state, error_code why) {
    auto const found = entries_.find(id);
    auto const of = found->second.seen_as;
    if (state == connection_state::disconnected || state == connection_state::error) {
        of->detach();
        shared_.peers.remove(id);
        entries_.erase(found);
    }
    report(of, state, why);
    if (!ended_ && state == connection_state::connected && shared_.on_connected) {
        shared_.on_connected(line_access::handle_of(of));
    }
}

void server_loop::report(std::shared_ptr<line> const& of, connection_state state, error_code why) {
    of->watchers().note(state, why);
    if (shared_.on_state) {
        shared_.on_state(line_access::handle_of(of), state, why);
    }
    of->watchers().tell();
}

/// Acting on a driver may end it, and with it its place in the table.
template <class Action>
void server_loop::for_each(Action act) {
    std::vector<std::uint64_t> ids;
    ids.reserve(entries_.size());
    for (auto const& [id, each] : entries_) {
        ids.push_back(id);
    }
    for (std::uint64_t const id : ids) {
        if (auto const found = entries_.find(id); found != entries_.end()) {
            auto const of = found->second.seen_as;
            act(*of, *found->second.driver);
        }
    }
}

void server_loop::stop(std::function<void()> done) {
    if (all_gone_ || ended_) {
        done();
        return;
    }
    stopped_.push_back(std::move(done));
    bool const again = std::exchange(stopping_, true);
    // Who asks once more does not want to wait.
    deadline_ = loop_.after(again ? transport::runtime::duration{} : shared_.drain_timeout, [this] {
        for_each([](line& of, transport::driver& one) {
            one.close(close_code::going_away, farewell);
            of.stop_handlers();
        });
    });
    if (again) {
        return;
    }
    for (auto const& each : listeners_) {
        each->close();
    }
    if (adopting_ != nullptr) {
        adopting_->close();
    }
    for_each([](line&, transport::driver& one) { one.drain(close_code::going_away, farewell); });
    wind_down();
}

/// Connections, handshakes and last words all end by themselves, each in a bounded time.
void server_loop::wind_down() {
    std::size_t left = entries_.size() + handshakes();
    if (websockets_ != nullptr) {
        left += websockets_->lingering().size();
    }
    if (left != 0) {
        next_look_ = loop_.after(look_interval, [this] { wind_down(); });
        return;
    }
    all_gone_ = true;
    deadline_.reset();
    for (auto const& each : std::exchange(stopped_, {})) {
        each();  // this may be gone after any of them
    }
}

}  // namespace trunkline::peers
