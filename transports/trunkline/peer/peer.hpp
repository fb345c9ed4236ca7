// The other side of one connection, as any thread may use it.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/call_options.hpp>
#include <trunkline/peer/call_terms.hpp>
#include <trunkline/peer/line.hpp>
#include <trunkline/peer/operation_end.hpp>
#include <trunkline/peer/ping_call.hpp>
#include <trunkline/peer/received.hpp>
#include <trunkline/peer/sent_event.hpp>
#include <trunkline/peer/stream_call.hpp>
#include <trunkline/peer/unary_call.hpp>
#include <trunkline/typed/method.hpp>

#include <boost/asio/async_result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace trunkline {
namespace peers {
class line_access;
}

/// Keeps whom peer::watch() tells.
using state_watch = std::shared_ptr<void const>;

/// A handle: copies are cheap and mean the same peer; it may outlive connection, client and server.
/// Every function from any thread. A call on a peer that is not connected fails at once with
/// rpc_error::not_connected; calls that wait when the connection ends fail with connection_lost,
/// and call_failure::progress says whether they may have been executed. Of a client that reconnects
/// calls wait for the next connection (reconnect_options). A call for which the connection has no
/// slot (session_limits::pending_calls_max) waits for one.
class peer {
public:
    /// Nobody: is_connected() is false, nothing else may be called.
    peer() noexcept = default;

    /// Whether a call would be sent now; it may end at any moment.
    [[nodiscard]] bool is_connected() const noexcept { return line_ && line_->is_connected(); }

    /// Not connected, but a client that dials again and has not given up (rpc_client::builder::
    /// reconnect).
    [[nodiscard]] bool is_reconnecting() const noexcept {
        return line_ && line_->is_reconnecting();
    }

    /// Unique among the peers of one server.
    [[nodiscard]] std::uint64_t id() const noexcept { return line_->id(); }

    /// The peer as text, such as "127.0.0.1:4711" or "unix:uid=1000:pid=4711".
    [[nodiscard]] std::string name() const { return line_->peer_name(); }

    /// Which process it is, where the system vouches for that: on Unix sockets. As it was when the
    /// connection was made.
    [[nodiscard]] std::optional<transport::peer_credentials> credentials() const {
        return line_->credentials();
    }

    /// Whom its certificate names, where that was verified: "tls:" and "wss:", servers, and clients
    /// that had to show one. As it was when the connection was made.
    [[nodiscard]] std::optional<transport::peer_certificate> certificate() const {
        return line_->certificate();
    }

    /// Calls `of`; many may be under way, and their answers come in any order. The token is
    /// completed with call_result<received<Response>>: in a coroutine
    ///
    ///     read_request const request{key};
    ///     auto const answer = co_await peer.async_call(read, request, use_awaitable);
    ///
    /// (Name the request there: g++ 12 breaks objects made by braces inside of co_await.) A plain
    /// callback runs on the connection's thread, or where its executor says; of a call that comes
    /// when the loop of the connection has gone, on a thread of Asio's. Asio's
    /// cancellation gives the call up: the peer is told. The request is encoded before the function
    /// returns. A server can call a client once it has heard of it: rpc_client with handlers says
    /// so by itself, published clients with their first call; until then calls wait.
    template <class Request, class Response, class Answer, class Token>
    auto async_call(typed::method<Request, Response, Answer> const& of,
                    std::type_identity_t<Request> request, call_options const& options,
                    Token&& token) const {
        return boost::asio::async_initiate<Token, void(call_result<received<Response>>)>(
            [](auto handler, std::shared_ptr<peers::line> on, peers::method_label method,
               bitcode::encoded arguments, peers::call_terms terms) {
                using end = peers::async_end<decltype(handler), call_result<received<Response>>>;
                auto const call = peers::make_operation<peers::ended_call<Response, end>>(
                    method, std::move(arguments), std::move(terms), std::move(handler), on);
                call->end().start(call);
            },
            token, line_, peers::label_of(of), bitcode::encode(std::move(request)),
            terms_of(options));
    }

    /// The same with the default options.
    template <class Request, class Response, class Answer, class Token>
    auto async_call(typed::method<Request, Response, Answer> const& of,
                    std::type_identity_t<Request> request, Token&& token) const {
        return async_call(of, std::move(request), call_options{}, std::forward<Token>(token));
    }

    /// The same, waiting for the answer. Fails with would_deadlock on the connection's own thread;
    /// but outside of its work a simulated loop is run meanwhile, and it fails so when nothing more
    /// happens there. Fails with would_block_loop, and nothing is sent, on the thread of any other
    /// client or server that has a thread of its own: inside handlers and callbacks.
    template <class Request, class Response, class Answer>
    [[nodiscard]] call_result<received<Response>> call(
        typed::method<Request, Response, Answer> const& of, std::type_identity_t<Request> request,
        call_options const& options = {}) const {
        using end = peers::awaited_end<call_result<received<Response>>>;
        return peers::submit_and_wait(
            line_,
            peers::make_operation<peers::ended_call<Response, end>>(
                peers::label_of(of), bitcode::encode(std::move(request)), terms_of(options)));
    }

    /// Calls a streamed method; gives at once what to write and read with (stream_call.hpp), which
    /// fails when the call cannot be made. Only a timeout that is given here, or the deadline of
    /// the call that it is made for, ends a stream: the default one is for calls with one answer,
    /// and for the wait of a stream until it can begin.
    template <class Request, class Part>
    [[nodiscard]] stream_reader<Part> open(typed::server_stream<Request, Part> const& of,
                                           std::type_identity_t<Request> request,
                                           call_options const& options = {}) const {
        return peers::open(line_, of, std::move(request), stream_terms_of(options));
    }
    /// The same for parts from this side.
    template <class Part, class Response>
    [[nodiscard]] upload<Part, Response> open(typed::client_stream<Part, Response> const& of,
                                              call_options const& options = {}) const {
        return peers::open(line_, of, stream_terms_of(options));
    }
    /// The same for parts both ways.
    template <class Up, class Down>
    [[nodiscard]] conversation<Up, Down> open(typed::two_way_stream<Up, Down> const& of,
                                              call_options const& options = {}) const {
        return peers::open(line_, of, stream_terms_of(options));
    }

    /// Sends a message that nobody answers; lost without a word when the peer is not connected.
    template <class Message>
    void send(typed::event<Message> const& of, std::type_identity_t<Message> message) const {
        line_->submit(std::make_shared<peers::sent_event>(peers::label_of(of),
                                                          bitcode::encode(std::move(message))));
    }

    /// Asks the peer for a sign of life, and measures how long that takes: from when the ping was
    /// queued until its answer was read, in the time of the connection's loop. Pings overtake
    /// whatever waits to be sent, and come back in their order. The token is completed with
    /// call_result<std::chrono::microseconds>. Of the options `timeout` and `on_behalf_of` count.
    /// Fails with rpc_error::not_extended where the peer has not agreed to the extension,
    /// queue_full while rpc::pings_at_once_max (64) are under way or the peer takes nothing,
    /// not_connected, connection_lost, deadline_passed, cancelled. Does not wait for a connection.
    template <class Token>
    auto async_ping(call_options const& options, Token&& token) const {
        using outcome = peers::ping_call::outcome;
        return boost::asio::async_initiate<Token, void(outcome)>(
            [](auto handler, std::shared_ptr<peers::line> on, peers::call_terms terms) {
                using end = peers::async_end<decltype(handler), outcome>;
                auto const call = peers::make_operation<peers::ended_ping<end>>(
                    std::move(terms), std::move(handler), on);
                call->end().start(call);
            },
            token, line_, terms_of(options));
    }

    /// The same, waiting as call() does.
    [[nodiscard]] call_result<std::chrono::microseconds> ping(
        call_options const& options = {}) const {
        using end = peers::awaited_end<peers::ping_call::outcome>;
        return peers::submit_and_wait(
            line_, peers::make_operation<peers::ended_ping<end>>(terms_of(options)));
    }

    /// Closes the connection in order: what was asked for before still goes out, calls that wait
    /// fail. The other side is told `code` and `reason`, cut to 123 bytes, over "ws:" and "wss:"
    /// and where the extension is agreed on. A code that may not be said (transport::may_be_said)
    /// is told as normal.
    void close(transport::close_code code = transport::close_code::normal,
               std::string_view reason = {}) const;

    /// What the other side gave as reason when it closed the last connection; empty while there is
    /// one, where it gave none, and where this side closed. There before the end is told.
    [[nodiscard]] std::optional<transport::close_reason> farewell() const {
        return line_->farewell();
    }

    /// Tells the state of the connection: the one that it has, soon, then each other one, on the
    /// connection's thread, as on_state() of clients and servers does, and after that. Ends when
    /// what it returns is destroyed; on another thread than that of the connection one more may
    /// be on its way then. Nothing is told once client or server has been destroyed.
    [[nodiscard]] state_watch watch(
        std::function<void(transport::connection_state, error_code)> told) const;

    friend bool operator==(peer const&, peer const&) noexcept = default;

protected:
    /// Made by clients and servers.
    explicit peer(std::shared_ptr<peers::line> of) noexcept : line_(std::move(of)) {}

private:
    friend class peers::line_access;

    [[nodiscard]] peers::call_terms terms_of(call_options const& options) const {
        return peers::call_terms::of(options, line_->default_timeout());
    }

    [[nodiscard]] static peers::call_terms stream_terms_of(call_options const& options) {
        return peers::call_terms::of(options, std::chrono::milliseconds::zero());
    }

    std::shared_ptr<peers::line> line_;
};

}  // namespace trunkline
