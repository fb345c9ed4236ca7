// Handlers of streamed methods as people write them, put into a table of methods.
#pragma once

#include <trunkline/peer/handler.hpp>
#include <trunkline/peer/served_stream.hpp>
#include <trunkline/peer/stream_reader.hpp>
#include <trunkline/peer/stream_writer.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace trunkline {

/// The right, and the duty, to answer a call whose parts come one by one. Moves; any function from
/// any thread. Dropped, it answers status 2.
template <class Response>
class stream_reply {
public:
    /// Made for a handler.
    explicit stream_reply(std::shared_ptr<peers::stream> to) noexcept : to_(std::move(to)) {}

    /// Answers, with metadata where the caller has agreed to the extension (with_metadata); what is
    /// still on its way of the call is dropped.
    void operator()(Response answer, call_metadata metadata = {}) {
        auto body = std::make_shared<bitcode::encoded>(bitcode::encode(std::move(answer)));
        peers::do_in_turn(to_.get(), [body, with = std::move(metadata)](peers::stream& of) {
            static_cast<peers::served_stream&>(of).respond(body->slices(), with);
        });
    }

    /// As an answer of a handler (handler.hpp).
    void fail(call_failure why) { to_.fail(std::move(why)); }

private:
    peers::writer_handle to_;
};

namespace peers {

// What handlers of the three kinds take beside their context. Each can be handed over, or lent
// until the handler has ended, which then ends the stream.

template <class Request, class Part>
struct server_halves {
    received<Request> request;
    stream_writer<Part> to;

    template <class Handler>
    static constexpr bool takes_over =
        std::is_invocable_v<Handler const&, received<Request>, stream_writer<Part>, call_context>;

    template <class Handler>
    auto hand_over(Handler const& handler, call_context context) {
        return handler(std::move(request), std::move(to), std::move(context));
    }
    template <class Handler>
    auto lend(Handler const& handler, call_context context) {
        return handler(std::move(request), to, std::move(context));
    }
};

template <class Part, class Response>
struct client_halves {
    stream_reader<Part> from;
    stream_reply<Response> to;

    template <class Handler>
    static constexpr bool takes_over = std::is_invocable_v<Handler const&, stream_reader<Part>,
                                                           stream_reply<Response>, call_context>;

    template <class Handler>
    auto hand_over(Handler const& handler, call_context context) {
        return handler(std::move(from), std::move(to), std::move(context));
    }
    template <class Handler>
    auto lend(Handler const& handler, call_context context) {
        return handler(from, std::move(context));
    }
};

template <class Up, class Down>
struct two_way_halves {
    stream_reader<Up> from;
    stream_writer<Down> to;

    template <class Handler>
    static constexpr bool takes_over =
        std::is_invocable_v<Handler const&, stream_reader<Up>, stream_writer<Down>, call_context>;

    template <class Handler>
    auto hand_over(Handler const& handler, call_context context) {
        return handler(std::move(from), std::move(to), std::move(context));
    }
    template <class Handler>
    auto lend(Handler const& handler, call_context context) {
        return handler(from, to, std::move(context));
    }
};

/// Ends a stream with what its handler gave.
template <class Part>
void end_with(stream_writer<Part>& to) {
    to.finish();
}
template <class Part>
void end_with(stream_writer<Part>& to, call_result<void> outcome) {
    if (outcome) {
        to.finish();
    } else {
        to.fail(outcome.error());
    }
}
template <class Response>
void end_with(stream_reply<Response>& to, call_result<std::type_identity_t<Response>> outcome) {
    if (outcome) {
        to(std::move(*outcome));
    } else {
        to.fail(outcome.error());
    }
}
template <class Response>
void end_with(stream_reply<Response>& to,
              call_result<with_metadata<std::type_identity_t<Response>>> outcome) {
    if (outcome) {
        to(std::move(outcome->answer), std::move(outcome->metadata));
    } else {
        to.fail(outcome.error());
    }
}

[[nodiscard]] inline call_failure thrown() {
    return {call_error::system_failure, thrown_text};
}

template <class Outcome, class Halves>
boost::asio::awaitable<void> await_end(boost::asio::awaitable<Outcome> running, Halves& halves) {
    if constexpr (std::is_void_v<Outcome>) {
        co_await std::move(running);
        end_with(halves.to);
    } else {
        auto outcome = co_await std::move(running);
        end_with(halves.to, std::move(outcome));
    }
}

template <class Handler, class Halves>
boost::asio::awaitable<void> run_stream(std::shared_ptr<Handler const> handler, Halves halves,
                                        call_context context) {
    if (context.stop.stop_requested()) {
        co_return;  // stopped since its call came, a turn ago
    }
    try {
        auto running = halves.lend(*handler, std::move(context));
        co_await await_end(std::move(running), halves);
    } catch (...) {
        halves.to.fail(thrown());
    }
}

/// On a thread of the pool.
template <class Handler, class Halves>
void run_blocking_stream(Handler const& handler, Halves& halves, call_context context) {
    using outcome = decltype(halves.lend(handler, std::move(context)));
    try {
        if constexpr (std::is_void_v<outcome>) {
            halves.lend(handler, std::move(context));
            end_with(halves.to);
        } else {
            end_with(halves.to, halves.lend(handler, std::move(context)));
        }
    } catch (...) {
        halves.to.fail(thrown());
    }
}

/// A handler that goes on: told when its call has gone.
[[nodiscard]] inline std::shared_ptr<running_call> note_running(served_stream& of) {
    auto const running = std::make_shared<running_call>(rpc::responder());
    of.line()->keep(running);
    of.on_gone([running] { running->stop(); });
    return running;
}

inline void note_ended(served_stream& of, running_call& running) {
    of.on_gone(nullptr);
    of.line()->end(running);
}

/// Starts a handler in the way that its type asks for.
template <class Handler, class Halves>
void start_stream(std::shared_ptr<Handler const> const& handler,
                  std::shared_ptr<served_stream> const& of, Halves halves, call_context context) {
    context.deadline = std::nullopt;
    constexpr bool runs_on = is_pooled<Handler> || !Halves::template takes_over<Handler>;
    if (runs_on && !of->line()->has_place()) {
        of->cancel({call_error::system_failure, busy_text});
        return;
    }
    if (!of->keep(running_cost + metadata_cost(context.metadata))) {
        return;
    }
    if constexpr (is_pooled<Handler>) {
        auto const running = note_running(*of);
        context.stop = running->stop_token();
        auto const kept = std::make_shared<Halves>(std::move(halves));
        auto const pool = of->line()->services().pool.lock();
        bool const accepted =
            pool != nullptr && pool->submit([handler, of, running, kept, context] {
                if (!context.cancelled()) {
                    run_blocking_stream(handler->handler, *kept, context);
                }
                do_on(of, [of, running](stream&) { note_ended(*of, *running); });
            });
        if (!accepted) {
            note_ended(*of, *running);
            of->cancel({call_error::system_failure, busy_text});
        }
    } else if constexpr (Halves::template takes_over<Handler>) {
        std::stop_source told;
        context.stop = told.get_token();
        of->on_gone([told]() mutable { told.request_stop(); });
        of->hand_over([&] { halves.hand_over(*handler, std::move(context)); }, thrown());
    } else {
        auto const running = note_running(*of);
        context.stop = running->stop_token();
        boost::asio::co_spawn(of->line()->where().executor(),
                              run_stream(handler, std::move(halves), std::move(context)),
                              boost::asio::bind_cancellation_slot(
                                  running->slot(), [of, end = coroutine_end(of->line(), running)](
                                                       std::exception_ptr why) mutable {
                                      of->on_gone(nullptr);
                                      end(why);
                                  }));
    }
}

template <class Part>
inline constexpr served_stream::answer answer_in_parts =
    part_form<Part>::shape == part_shape::raw ? served_stream::answer::raw
                                              : served_stream::answer::records;

[[nodiscard]] inline call_failure bad_request(error_code why) {
    return {call_error::system_failure, std::string(typed::refusal_text(why))};
}

/// Starts the handler of a server stream with its request.
template <class Request, class Part, class Handler>
void start_server_stream(std::shared_ptr<Handler const> const& handler,
                         std::shared_ptr<served_stream> const& of,
                         result<received<Request>> request, call_context context) {
    if (!request) {
        of->cancel(bad_request(request.error()));
        return;
    }
    if (!of->keep_request(request->allocated_size())) {
        return;
    }
    stream_writer<Part> to(of);
    of->input().abandon({call_error::stream_ended, {}});  // the caller has nothing more to say
    server_halves<Request, Part> halves{std::move(*request), std::move(to)};
    start_stream(handler, of, std::move(halves), std::move(context));
}

/// Waits for a request that is too large for the head of its call, or empty.
template <class Request, class Part, class Handler>
class awaited_request final : public reading {
public:
    awaited_request(std::shared_ptr<Handler const> handler, std::shared_ptr<served_stream> of,
                    call_context context)
        : handler_(std::move(handler)), of_(std::move(of)), context_(std::move(context)) {}

    void on_message(std::vector<std::byte> bytes) override {
        std::size_t const left = of_->line()->endpoint()->protocol().memory_left();
        start_server_stream<Request, Part, Handler>(
            handler_, of_, received<Request>::taken(std::move(bytes), decoding_within(left)),
            std::move(context_));
    }
    void on_end() override { of_->cancel({call_error::system_failure, "the call has no request"}); }
    void on_read_failed(call_failure) override {}  // the call is told by who failed

private:
    std::shared_ptr<Handler const> handler_;
    std::shared_ptr<served_stream> of_;
    call_context context_;
};

}  // namespace peers

/// Puts a handler of a streamed method into the table; false when the method has one already. A
/// handler is a coroutine that reads and writes, and whose end is that of the stream, or a function
/// that hands both halves on to whoever does that:
///
///     asio::awaitable<void> (received<Request>, stream_writer<Part>&, call_context)
///     void                  (received<Request>, stream_writer<Part>, call_context)
///
/// for a server_stream,
///
///     asio::awaitable<Response> (stream_reader<Part>&, call_context)
///     void                      (stream_reader<Part>, stream_reply<Response>, call_context)
///
/// for a client_stream, and
///
///     asio::awaitable<void> (stream_reader<Up>&, stream_writer<Down>&, call_context)
///     void                  (stream_reader<Up>, stream_writer<Down>, call_context)
///
/// for a two_way_stream. Marked on_pool(), it has the form of a coroutine but gives its outcome
/// itself, and reads and writes by waiting. A coroutine or a blocking function may give
/// call_result<> of the same instead, with a call_failure answered as handler.hpp says: behind the
/// parts that have been written, where there are any (not for typed::raw). When the call has been
/// cancelled or its connection has ended, reads and writes under way fail with the reason, the
/// context is stopped, and a coroutine is cancelled: what it awaits next throws. The request
/// timeout is not for streams.
template <class Request, class Part, class Handler>
[[nodiscard]] bool add_handler(rpc::dispatcher& methods,
                               typed::server_stream<Request, Part> const& of, Handler handler) {
    auto const kept = std::make_shared<Handler const>(std::move(handler));
    return methods.add_stream(of.id, [kept, name = of.name](rpc::request const& call,
                                                            rpc::responder to) {
        using namespace peers;
        auto const made = served_stream::make(line_of(call).shared_from_this(), part_shape::records,
                                              answer_in_parts<Part>, std::move(to));
        auto receiver = made->receiver();
        auto context = context_of(call, name);
        if (call.arguments.empty() && !std::is_empty_v<Request>) {
            made->input().read(std::make_shared<awaited_request<Request, Part, Handler>>(
                kept, made, std::move(context)));
        } else {
            start_server_stream<Request, Part, Handler>(
                kept, made,
                received<Request>::copy_of(call.arguments, decoding_within(call.memory_left)),
                std::move(context));
        }
        return receiver;
    });
}

/// As above, for parts from the caller.
template <class Part, class Response, class Handler>
[[nodiscard]] bool add_handler(rpc::dispatcher& methods,
                               typed::client_stream<Part, Response> const& of, Handler handler) {
    auto const kept = std::make_shared<Handler const>(std::move(handler));
    return methods.add_stream(
        of.id, [kept, name = of.name](rpc::request const& call, rpc::responder to) {
            using namespace peers;
            auto const made =
                served_stream::make(line_of(call).shared_from_this(), part_form<Part>::shape,
                                    served_stream::answer::single, std::move(to));
            auto receiver = made->receiver();
            client_halves<Part, Response> halves{stream_reader<Part>(made),
                                                 stream_reply<Response>(made)};
            start_stream(kept, made, std::move(halves), context_of(call, name));
            return receiver;
        });
}

/// As above, for parts both ways.
template <class Up, class Down, class Handler>
[[nodiscard]] bool add_handler(rpc::dispatcher& methods, typed::two_way_stream<Up, Down> const& of,
                               Handler handler) {
    auto const kept = std::make_shared<Handler const>(std::move(handler));
    return methods.add_stream(
        of.id, [kept, name = of.name](rpc::request const& call, rpc::responder to) {
            using namespace peers;
            auto const made =
                served_stream::make(line_of(call).shared_from_this(), part_form<Up>::shape,
                                    answer_in_parts<Down>, std::move(to));
            auto receiver = made->receiver();
            two_way_halves<Up, Down> halves{stream_reader<Up>(made), stream_writer<Down>(made)};
            start_stream(kept, made, std::move(halves), context_of(call, name));
            return receiver;
        });
}

}  // namespace trunkline
