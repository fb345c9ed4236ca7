// A server: listens on any number of endpoints, serves methods, and calls its clients.
//
//     auto const server = rpc_server::builder()
//                             .listen("ws://127.0.0.1:8080/ws")
//                             .handle(hello, [](hello_request const& who) {
//                                 return hello_response{"hello, " + who.name};
//                             })
//                             .start()
//                             .value();
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/peer/adopted.hpp>
#include <trunkline/peer/handler.hpp>
#include <trunkline/peer/interceptor.hpp>
#include <trunkline/peer/peer.hpp>
#include <trunkline/peer/sent_event.hpp>
#include <trunkline/peer/server_loop.hpp>
#include <trunkline/peer/stream_handler.hpp>
#include <trunkline/tls/context.hpp>
#include <trunkline/transport/network.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace trunkline {

/// Serves from the moment it is made until stop() or its destructor. Moves, does not copy. Any
/// function from any thread; on its own threads, as inside a handler, nothing is waited for.
class rpc_server {
public:
    class builder;

    rpc_server(rpc_server&&) noexcept;
    rpc_server& operator=(rpc_server&&) noexcept;

    /// As stop(). On a loop that is not its own everything ends at once; then destroy it on the
    /// thread of that loop, also inside callbacks, or while nothing runs there. Threads of its own
    /// that it did not wait for are waited for when the process exits, for at most five seconds.
    ~rpc_server();

    /// Where it listens, in the order given to the builder, with real ports.
    [[nodiscard]] std::vector<std::string> const& endpoints() const noexcept;

    /// All clients, from connecting to the end of their connection.
    [[nodiscard]] std::vector<peer> peers() const;

    /// Sends an event to all clients; encoded once.
    template <class Message>
    void broadcast(typed::event<Message> const& of, std::type_identity_t<Message> message) const {
        send_to_all(peers::label_of(of), bitcode::encode(std::move(message)).to_vector());
    }

    /// Serves a connected stream socket of the program's own, such as an asio::ip::tcp::socket or a
    /// beast::tcp_stream, once the client has done the WebSocket handshake in the time for that.
    /// What was begun with the socket is cancelled. A failure leaves the socket as it was:
    /// too_many_connections above connections_max, closed once the server stops, invalid_endpoint
    /// on a loop without sockets, or what the system says of it. Any thread that may use the
    /// socket.
    template <peers::releasable Socket>
    [[nodiscard]] result<void> adopt(Socket&& socket) const {
        return adopt_with({}, boost::asio::const_buffer(), socket);
    }

    /// The same after the program has read the client's request, as http::request of Beast, and
    /// `beyond`, any buffers of Asio with what came behind it. Answers with 101. Fails with
    /// handshake_refused, too, when that is no request for a WebSocket, or not one for
    /// builder::adopt_path; then the program may answer.
    template <peers::releasable Socket, class Request, class Buffers = boost::asio::const_buffer>
    [[nodiscard]] result<void> adopt(Socket&& socket, Request const& upgrade,
                                     Buffers const& beyond = {}) const {
        return adopt_with(peers::head_of(upgrade), beyond, socket);
    }

    /// Accepts nothing more, lets every connection answer what it has received, closes each as
    /// going away, cuts what is left after the drain timeout, or now when it stops already, and
    /// waits for all of that and for handlers still on the pool. Only with threads of its own.
    void stop();

    /// The same without waiting, also on a given loop: `done` is called on one of its loops. The
    /// server lives until then.
    void async_stop(std::function<void()> done);

private:
    class home;
    explicit rpc_server(std::shared_ptr<home> where);
    void send_to_all(peers::method_label of, std::vector<std::byte> message) const;

    template <class Socket, class Buffers>
    result<void> adopt_with(std::string head, Buffers const& beyond, Socket& socket) const {
        if (auto const fit = may_adopt(head); !fit) {
            return fit;
        }
        auto taken = peers::take_descriptor(socket);
        if (!taken) {
            return taken.error();
        }
        peers::append(head, beyond);
        adopt_descriptor(std::move(*taken), std::move(head));
        return {};
    }
    [[nodiscard]] result<void> may_adopt(std::string_view head) const;
    void adopt_descriptor(transport::file_descriptor socket, std::string received) const;

    std::shared_ptr<home> home_;
};

/// Everything a server is told before it starts; used once.
class rpc_server::builder {
public:
    builder();
    ~builder();
    builder(builder&&) noexcept;
    builder& operator=(builder&&) noexcept;

    /// "ws://host:port/path" and "tcp://host:port", port 0 for a free one, and
    /// "wss://host:port/path" and "tls://host:port" with certificates(); "unix:/path", a socket
    /// file, and "unix:@name", an abstract name; and others with over(). Any number. A socket file
    /// replaces what a dead server has left, and is removed when the server stops.
    builder& listen(std::string url);

    /// Who we are on "tls:" and "wss:" endpoints, and which clients are let in. Keep a copy to
    /// reload() it while the server runs.
    builder& certificates(tls::context from);

    /// Who may connect to socket files, as of chmod(1); only their owner (0600) unless set.
    builder& unix_mode(std::uint32_t mode);

    /// Threads, each with its share of the connections; one unless set.
    builder& threads(std::size_t count);

    /// Runs on `context`, which one thread runs, in place of threads of its own. Destroy the
    /// server before it.
    builder& run_on(boost::asio::io_context& context);

    /// Runs on `loop`, such as a simulated one: nothing but over() listens there.
    builder& run_on(transport::runtime& loop);

    /// Who listens on URLs of other schemes, such as a memory::hub on "memory:name", and on all of
    /// them on a loop given by run_on(transport::runtime&); on the first thread. Outlives the
    /// server.
    builder& over(transport::network& beside);

    /// The only path that clients on adopted sockets may ask for; any unless set.
    builder& adopt_path(std::string path);

    /// A new connection above it is refused; those in their handshake count, on the thread that has
    /// them. None unless set.
    builder& connections_max(std::size_t count);

    /// Whether clients that ask for the extension (core/trunkline/extension/FORMAT.md) get it, and
    /// checked frames where they ask for those; they do unless this is set to false. To others
    /// nothing changes.
    builder& extension(bool agreed);

    /// What clients can make us hold; times of silence, stall and handshake.
    builder& limits(session_limits const& limits);
    /// Times of silence, stall, handshake and close.
    builder& limits(connection_limits const& limits);

    /// Compress messages with WebSocket clients that offer it (permessage-deflate). For slow links
    /// and large texts: it costs time and, for each thread with connections, half a MiB.
    builder& deflate();

    /// Lets in only web pages of these origins, as "https://example.org"; all unless set. Clients
    /// that are no web page say no origin, and are let in. start() fails with invalid_endpoint
    /// where one is no origin (web_origin).
    builder& allow_origins(std::vector<std::string> const& origins);

    /// How long stop() waits for peers that do not read.
    builder& drain_timeout(std::chrono::milliseconds timeout);

    /// For calls to clients that say nothing else; none unless set.
    builder& default_timeout(std::chrono::milliseconds timeout);

    /// A method that clients may call, or an event that they may send (handler.hpp). A second
    /// handler of a method makes start() fail with call_error::duplicate_method.
    template <class Method, class Handler>
    builder& handle(Method const& of, Handler handler) {
        settings_->pool.wanted = settings_->pool.wanted || is_pooled<Handler>;
        settings_->services->method_names.emplace(of.id, of.name);
        note(add_handler(settings_->methods, of, std::move(handler)));
        return *this;
    }

    /// How long a handler of a whole call may run on, as a coroutine or on the pool; any time
    /// unless set. Then it is stopped and its call answered with status 2. Streams have no such
    /// end.
    builder& request_timeout(std::chrono::milliseconds timeout);

    /// How many handlers of one connection may run on at once, as coroutines or on the pool, also
    /// those whose calls have been given up. One more is not begun: its call is answered with
    /// status 2. 17,408 unless set, more than calls wait for an answer by default.
    builder& running_handlers(std::size_t most);

    /// What sees every call, in and out (interceptor.hpp): the first one given is the outermost.
    builder& intercept(std::shared_ptr<interceptor> by);

    /// The threads for on_pool() handlers, shared by all connections, and how many calls may wait
    /// for one of them. Without such handlers there are none.
    builder& pool_threads(std::size_t count, std::size_t waiting_max = handlers_waiting_max);

    /// The table itself, for handlers without a description (rpc/dispatcher.hpp).
    [[nodiscard]] rpc::dispatcher& methods() noexcept { return settings_->methods; }

    /// Told of every client once it is connected, on its connection's thread, before its first
    /// call is handled.
    builder& on_connected(std::function<void(peer)> told);

    /// Told of every state of every client, on its connection's thread.
    builder& on_state(std::function<void(peer, transport::connection_state, error_code)> told);

    /// Lives as long as anything of the server does: the server and this builder, its connections,
    /// calls and streams that have not ended, handlers that run on, and handles of peers. For tests
    /// that look for what was left behind; before start().
    [[nodiscard]] std::weak_ptr<void const> remains() const noexcept;

    /// Listens and serves. Fails with invalid_endpoint, no_certificate, path_too_long,
    /// not_a_socket, address_in_use (also of a socket file whose server lives), host_not_found,
    /// what the system says of a socket, or duplicate_method; then nothing listens.
    [[nodiscard]] result<rpc_server> start();

private:
    void note(bool added) noexcept {
        refused_ = added ? refused_ : make_error_code(call_error::duplicate_method);
    }

    std::unique_ptr<peers::server_settings> settings_;
    std::vector<std::string> urls_;
    std::size_t threads_ = 1;
    boost::asio::io_context* context_ = nullptr;
    transport::runtime* loop_ = nullptr;
    transport::network* beside_ = nullptr;
    error_code refused_;  // what the builder was told and start() fails with
};

}  // namespace trunkline
