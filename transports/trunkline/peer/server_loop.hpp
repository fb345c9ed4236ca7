// The part of a server that lives on one loop: its listeners, its connections, and how they end.
#pragma once

#include <trunkline/peer/line.hpp>
#include <trunkline/peer/loop_handle.hpp>
#include <trunkline/peer/peer.hpp>
#include <trunkline/peer/peer_table.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/tls/context.hpp>
#include <trunkline/tls/tls_listener.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/transport/file_descriptor.hpp>
#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/socket_acceptor.hpp>
#include <trunkline/unix_socket/unix_endpoint.hpp>
#include <trunkline/websocket/acceptor.hpp>
#include <trunkline/websocket/context.hpp>
#include <trunkline/websocket/ws_listener.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace trunkline::peers {

/// What all loops of a server share; it outlives them.
struct server_settings {
    transport::driver::options connection;
    websocket::context_options websockets;
    websocket::upgrade_options adopted{.paths = {}};  ///< what clients on adopted sockets may ask
    std::optional<tls::context> certificates;         ///< for "tls:" and "wss:"
    std::uint32_t unix_mode = unix_socket::default_mode;
    std::size_t connections_max = 0;  ///< 0: no limit
    std::chrono::milliseconds drain_timeout{5'000};
    std::chrono::milliseconds default_timeout{};  ///< of calls to clients
    std::shared_ptr<line_services> services = std::make_shared<line_services>();
    std::shared_ptr<interceptor_list> interceptors;  ///< null: none
    pool_settings pool;
    rpc::dispatcher methods;
    std::function<void(peer)> on_connected;
    std::function<void(peer, transport::connection_state, error_code)> on_state;
    peer_table peers;
};

/// Single-threaded. Destroyed on its thread, or when nothing runs there, before its loop.
class server_loop {
public:
    /// `sockets`: the same loop, where it has sockets.
    server_loop(transport::runtime& loop, transport::asio_runtime* sockets,
                server_settings& shared);
    ~server_loop();
    server_loop(server_loop const&) = delete;
    server_loop& operator=(server_loop const&) = delete;

    /// Connections wait until start().
    void add_websocket_listener(transport::listening_socket socket, std::string path,
                                bool is_secure);
    void add_tls_listener(transport::listening_socket socket, std::string endpoint);
    void add_stream_listener(transport::listening_socket socket, std::string endpoint);
    void add_listener(std::unique_ptr<transport::listener> made);

    void start();

    /// Serves a connected socket, of which `received` was read before, once the handshake is done.
    /// Where no more connections are taken it is closed.
    void adopt(transport::file_descriptor socket, bytes_view received);

    /// Accepts nothing more; every connection answers what it has received and closes as going
    /// away, what is left after the drain timeout is cut. Then calls `done`, maybe inside. Any
    /// number of times.
    void stop(std::function<void()> done);

    /// Ends everything at once, also from inside callbacks; nobody is told any more, but those who
    /// wait for calls.
    void end();

    /// To post from any thread, also when this has gone.
    [[nodiscard]] std::shared_ptr<loop_handle> const& handle() const noexcept { return handle_; }

    /// Nothing can be posted any more: the loop goes.
    void shut() noexcept { handle_->shut(); }

private:
    struct entry {
        std::shared_ptr<line> seen_as;
        std::unique_ptr<transport::driver> driver;
    };

    void add(std::unique_ptr<transport::connection> link);
    void on_state(std::uint64_t id, transport::connection_state state, error_code why);
    void report(std::shared_ptr<line> const& of, transport::connection_state state, error_code why);
    [[nodiscard]] std::unique_ptr<transport::byte_stream> admit(
        std::unique_ptr<transport::byte_stream> link) const;
    [[nodiscard]] std::unique_ptr<transport::byte_stream> encrypt(
        std::unique_ptr<transport::byte_stream> link) const;
    [[nodiscard]] bool is_full() const;
    [[nodiscard]] std::size_t handshakes() const noexcept;
    void wind_down();
    template <class Action>
    void for_each(Action act);

    transport::runtime& loop_;
    transport::asio_runtime* sockets_;
    server_settings& shared_;
    std::shared_ptr<loop_handle> handle_;
    std::unique_ptr<websocket::context> websockets_;
    std::unique_ptr<websocket::acceptor> adopting_;
    std::vector<std::unique_ptr<transport::listener>> listeners_;
    std::vector<websocket::ws_listener*> websocket_listeners_;  // of those above
    std::vector<tls::tls_listener*> tls_listeners_;             // likewise
    std::unordered_map<std::uint64_t, entry> entries_;
    std::unique_ptr<transport::timer> next_look_;
    std::unique_ptr<transport::timer> deadline_;
    std::vector<std::function<void()>> stopped_;
    bool stopping_ = false;
    bool all_gone_ = false;  // after stopping
    bool ended_ = false;
};

}  // namespace trunkline::peers
