// Handlers as people write them, put into a table of methods.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/line_access.hpp>
#include <trunkline/peer/peer.hpp>
#include <trunkline/peer/received.hpp>
#include <trunkline/typed/failure.hpp>
#include <trunkline/typed/handler.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace trunkline {

/// The call that a handler serves. A value, valid as long as anybody keeps it.
struct call_context {
    peer caller;  ///< call it, also before answering
    std::uint64_t method_id = 0;
    std::uint32_t request_id = 0;
};

namespace peers {

[[nodiscard]] inline call_context context_of(rpc::request const& call) {
    return {line_access::handle_of(static_cast<line*>(call.owner)->shared_from_this()),
            call.method_id, call.request_id};
}

/// What a caller is told of a handler that threw: nothing of the exception, which may say what is
/// not for a peer.
inline constexpr auto thrown_text = "the handler failed";

/// What a handler that runs as a coroutine is taken for beside its arguments, in bytes.
inline constexpr std::size_t coroutine_cost = 1 * kib;

/// Answers with what a handler gave.
template <class Answer>
void answer_with(typed::reply<Answer>& to, Answer value) {
    to(std::move(value));
}
template <class Answer>
void answer_with(typed::reply<Answer>& to, call_result<Answer> outcome) {
    if (outcome) {
        to(std::move(*outcome));
        return;
    }
    call_failure const& why = outcome.error();
    if (why.error == call_error::refused) {
        typed::answer_failure(to.untyped(), {typed::failure_code::fail, why.message});
    } else if (why.error == call_error::unknown_method) {
        typed::answer_failure(to.untyped(), {typed::failure_code::not_found, why.message});
    } else {
        to.refuse(why.message.empty() ? why.error.message() : why.message);
    }
}

template <class Type>
struct awaited {
    static constexpr bool is_awaitable = false;
};
template <class Type>
struct awaited<boost::asio::awaitable<Type>> {
    static constexpr bool is_awaitable = true;
};

template <class Handler, class Request, class Answer>
boost::asio::awaitable<void> run_coroutine(std::shared_ptr<Handler const> handler,
                                           received<Request> request, call_context context,
                                           typed::reply<Answer> to) {
    try {
        auto outcome = co_await (*handler)(std::move(request), std::move(context));
        answer_with(to, std::move(outcome));
    } catch (...) {
        to.refuse(thrown_text);
    }
}

template <class Request, class Response, class Answer, class Handler>
[[nodiscard]] bool add_coroutine(rpc::dispatcher& methods,
                                 typed::method<Request, Response, Answer> const& of,
                                 Handler handler) {
    // A coroutine may outlive the table that it was started from.
    auto const kept = std::make_shared<Handler const>(std::move(handler));
    return methods.add(of.id, [kept](rpc::request const& call, rpc::responder to) {
        bitcode_limits bounded;
        bounded.decoded_size_max = std::min(bounded.decoded_size_max, call.memory_left);
        auto arguments = received<Request>::copy_of(call.arguments, bounded);
        if (!arguments) {
            to.system_error(typed::refusal_text(arguments.error()));
            return;
        }
        auto const on = static_cast<line*>(call.owner)->shared_from_this();
        // Until the answer.
        if (!to.keep(arguments->allocated_size() + coroutine_cost)) {
            to.system_error("too much is held for this connection");
            return;
        }
        auto const running = on->begin_handler();
        boost::asio::co_spawn(
            on->where().executor(),
            run_coroutine(kept, std::move(*arguments), context_of(call),
                          typed::reply<Answer>(std::move(to), {}, call.memory_left)),
            boost::asio::bind_cancellation_slot(
                running->slot(), [on, running](std::exception_ptr) { on->end_handler(running); }));
    });
}

template <class Request, class Response, class Answer, class Handler>
[[nodiscard]] bool add_inline(rpc::dispatcher& methods,
                              typed::method<Request, Response, Answer> const& of, Handler handler) {
    return typed::add(
        methods, of,
        [handler = std::move(handler)](Request const& request, typed::reply<Answer> to,
                                       rpc::request const& call) {
            try {
                if constexpr (std::is_invocable_v<Handler const&, Request const&, call_context>) {
                    answer_with(to, handler(request, context_of(call)));
                } else {
                    answer_with(to, handler(request));
                }
            } catch (...) {
                to.refuse(thrown_text);
            }
        });
}

}  // namespace peers

/// Puts a handler into the table; false when the method has one already. A handler is callable as
/// one of
///
///     Answer handler(Request const&)
///     Answer handler(Request const&, call_context)
///     asio::awaitable<Answer> handler(received<Request>, call_context)
///
/// with Answer or call_result<Answer>: a call_failure of refused or unknown_method answers with
/// that status, any other with status 2 and its text. One that throws answers status 2. All run on
/// the thread of their connection, those of several connections at the same time; the request of
/// the first two is valid until they return. A coroutine is cancelled when its connection ends.
template <class Request, class Response, class Answer, class Handler>
[[nodiscard]] bool add_handler(rpc::dispatcher& methods,
                               typed::method<Request, Response, Answer> const& of,
                               Handler handler) {
    if constexpr (std::is_invocable_v<Handler const&, received<Request>, call_context>) {
        using outcome = std::invoke_result_t<Handler const&, received<Request>, call_context>;
        static_assert(peers::awaited<outcome>::is_awaitable,
                      "a handler that takes received<> is a coroutine");
        return peers::add_coroutine(methods, of, std::move(handler));
    } else {
        return peers::add_inline(methods, of, std::move(handler));
    }
}

/// The same for messages without answer: void(Message const&), or with the call_context.
template <class Message, class Handler>
[[nodiscard]] bool add_handler(rpc::dispatcher& methods, typed::event<Message> const& of,
                               Handler handler) {
    return typed::add(
        methods, of,
        [handler = std::move(handler)](Message const& message, rpc::request const& call) {
            try {
                if constexpr (std::is_invocable_v<Handler const&, Message const&, call_context>) {
                    handler(message, peers::context_of(call));
                } else {
                    handler(message);
                }
            } catch (...) {
                return;  // nobody is there to be told
            }
        });
}

}  // namespace trunkline
