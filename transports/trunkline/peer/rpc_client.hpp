// A client: one connection to a server, with its own thread or on yours.
//
//     constexpr typed::method<hello_request, hello_response> hello{"hello"};
//     auto const client = rpc_client::builder("ws://127.0.0.1:8080/ws").connect().value();
//     auto const answer = client.call(hello, {"world"});
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/peer/client_core.hpp>
#include <trunkline/peer/completion.hpp>
#include <trunkline/peer/handler.hpp>
#include <trunkline/peer/interceptor.hpp>
#include <trunkline/peer/peer.hpp>
#include <trunkline/peer/reconnect.hpp>
#include <trunkline/peer/retry_budget.hpp>
#include <trunkline/peer/stream_handler.hpp>
#include <trunkline/tls/context.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace boost::asio {
class io_context;
}

namespace trunkline {

/// A peer that owns its connection, and the thread of it unless it was given one. Moves, does not
/// copy; copies of its peer part are handles that may outlive it. Calls from any thread. It
/// reconnects when it is built so; else, when the connection has ended, make another one.
class rpc_client final : public peer {
public:
    class builder;

    rpc_client(rpc_client&&) noexcept;
    rpc_client& operator=(rpc_client&&) noexcept;

    /// Closes in order and waits for the end of the connection, at most
    /// connection_limits::close_timeout; on its own thread, and on a loop that is not its own, it
    /// ends at once. With its own thread it waits for handlers on the pool, too, but on a thread of
    /// the pool for nothing; an exit of the process waits then, for at most five seconds. Calls
    /// that wait fail with connection_lost; no state is reported any more. From any thread with a
    /// thread of its own, also inside its own callbacks; else on the thread of its loop, or while
    /// nothing runs there. An io_context is to be run once more afterwards, or destroyed, to let go
    /// of the rest.
    ~rpc_client();

private:
    class home;
    explicit rpc_client(std::shared_ptr<home> where);

    std::shared_ptr<home> home_;
};

/// Everything a client is told before it connects; used once.
class rpc_client::builder {
public:
    /// "ws://host:port/path", "wss://host:port/path", "tcp://host:port", "tls://host:port",
    /// "unix:/path", "unix:@name", or another one with over().
    explicit builder(std::string url);
    ~builder();
    builder(builder&&) noexcept;
    builder& operator=(builder&&) noexcept;

    /// Dials this one in place of the one that it was made with.
    builder& url(std::string dialled);

    /// For calls that say nothing else, default_call_timeout (30 s) unless set; zero: none.
    builder& default_timeout(std::chrono::milliseconds timeout);

    /// Dials again when the connection has been lost; the first connect() is tried once. Handles of
    /// the client stay good. Calls wait meanwhile, and one of which nothing had been sent goes out
    /// on the next connection. Ends when the client is closed or destroyed, when the budget has
    /// been spent, and after an end that the next connection would meet, too: this side or the
    /// other one broke the rules, or the handshake was refused.
    builder& reconnect(reconnect_options const& options = {});

    /// How often calls marked as repeatable are made again when their connection was lost; only
    /// with reconnect().
    builder& retries(retry_options const& options);

    /// From the dial to the end of the handshake.
    builder& connect_timeout(std::chrono::milliseconds timeout);

    /// Whom servers of "tls:" and "wss:" have to show they are, and who we are to them; unless set,
    /// servers are trusted as the system does. The certificate has to name the host of the URL.
    builder& trust(tls::context by);

    /// Which published header layout is spoken; b unless set.
    builder& layout(frame::layout which);

    /// Finds out which one the server speaks, by a call that it answers whatever it is. Tried first
    /// is the one set, b unless set. A server that ends the connection, or has not answered after a
    /// quarter of connect_timeout, is dialled once more for the other one, which has the rest of
    /// that time. States are told of the connection that stays only. Fails with
    /// rpc_error::no_layout when the server answers in neither.
    builder& detect_layout();

    /// Asks the server to agree to the extension (core/trunkline/extension/FORMAT.md), before
    /// connecting is over: one round trip more, and none over WebSocket. A Trunkline server agrees;
    /// with a published one everything is as without. What it brings: streams whose reader is slow
    /// hold up nobody else, deadlines and cancellation reach the handlers of the server.
    builder& extension(bool wanted = true);

    /// Asks for the extension and for checks of every frame (CRC-32): a byte that changes on its
    /// way ends the connection with rpc_error::bad_check, and nothing of that frame is delivered.
    /// For links that nothing else guards; TLS needs none. One round trip more. Connecting to a
    /// server that does not do it fails with rpc_error::not_checked.
    builder& checked_frames();

    /// What the server can make us hold, and how long we wait for signs of life.
    builder& limits(session_limits const& limits);
    /// Times of silence, stall, handshake and close.
    builder& limits(connection_limits const& limits);

    /// Compress messages over "ws:" where the server does, too (permessage-deflate). For slow links
    /// and large texts: it costs time and, for each thread with connections, half a MiB.
    builder& deflate();

    /// Told of every state, on the connection's thread: connecting, connected, disconnecting,
    /// disconnected or error with its cause; with reconnect() these begin anew for each try, and
    /// peer::is_reconnecting() says whether there will be a further one: an error of
    /// call_error::not_coming_back is the last that is told. It may destroy the client.
    builder& on_state(std::function<void(transport::connection_state, error_code)> told);

    /// A method that the server may call, or an event that it may send (handler.hpp). A second
    /// handler of a method makes connecting fail with call_error::duplicate_method.
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

    /// The threads for on_pool() handlers, and how many calls may wait for one of them. Without
    /// such handlers there are none.
    builder& pool_threads(std::size_t count, std::size_t waiting_max = handlers_waiting_max);

    /// The table itself, for handlers without a description (rpc/dispatcher.hpp).
    [[nodiscard]] rpc::dispatcher& methods() noexcept { return settings_->methods; }

    /// Who dials URLs of other schemes, such as a memory::hub for "memory:name", and all of them on
    /// a loop given by run_on(transport::runtime&); outlives the client.
    builder& over(transport::network& beside);

    /// Runs on `context`, which one thread runs, in place of a thread of its own. Destroy the
    /// client before it.
    builder& run_on(boost::asio::io_context& context);

    /// Runs on `loop`, such as a simulated one: nothing but over() dials there.
    builder& run_on(transport::runtime& loop);

    /// Lives as long as anything of the client does: the client and this builder, its connection,
    /// calls and streams that have not ended, handlers that run on, and handles of peers. For tests
    /// that look for what was left behind; before connect() and async_connect().
    [[nodiscard]] std::weak_ptr<void const> remains() const noexcept;

    /// Connects and waits for it. Not on the thread of an io_context given to run_on(). Fails with
    /// what the dialers of the transports say. A loop given to run_on() is run meanwhile; where
    /// that cannot be, as inside of its work, it fails with would_deadlock.
    [[nodiscard]] result<rpc_client> connect();

    /// Connects; the token is completed with result<rpc_client>. Asio's cancellation gives the
    /// connect up: it fails with call_error::cancelled, and what has come of it is dropped. Before
    /// it has begun, nothing is dialled.
    template <class Token>
    auto async_connect(Token&& token) {
        return boost::asio::async_initiate<Token, void(result<rpc_client>)>(
            [](auto handler, std::shared_ptr<home> made) {
                auto slot = boost::asio::get_associated_cancellation_slot(handler);
                if (slot.is_connected()) {
                    slot.assign([weak = std::weak_ptr(made)](boost::asio::cancellation_type) {
                        give_up(weak.lock());
                    });
                }
                auto complete =
                    std::make_shared<peers::completion<std::decay_t<decltype(handler)>>>(
                        std::move(handler), line_of(made));
                start(std::move(made), [complete](result<rpc_client> client) {
                    (*complete)(std::move(client), true);
                });
            },
            token, make());
    }

private:
    struct unborn;
    using connected = std::function<void(result<rpc_client>)>;

    void note(bool added) noexcept { duplicate_ = duplicate_ || !added; }
    [[nodiscard]] std::shared_ptr<home> make();
    [[nodiscard]] static std::shared_ptr<peers::line> const& line_of(
        std::shared_ptr<home> const& made) noexcept;
    static void start(std::shared_ptr<home> made, connected done);
    static void give_up(std::shared_ptr<home> const& made);

    std::unique_ptr<peers::client_settings> settings_;
    boost::asio::io_context* context_ = nullptr;
    transport::runtime* loop_ = nullptr;
    bool duplicate_ = false;
};

}  // namespace trunkline
