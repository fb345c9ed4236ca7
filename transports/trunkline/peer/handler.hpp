// Handlers as people write them, put into a table of methods.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/peer/call_context.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/handler_pool.hpp>
#include <trunkline/peer/received.hpp>
#include <trunkline/peer/running_call.hpp>
#include <trunkline/typed/failure.hpp>
#include <trunkline/typed/handler.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace trunkline {

/// A handler that runs on the threads of the pool.
template <class Handler>
struct pooled {
    Handler handler;  ///< as it was given
};

/// An answer of a handler, and what goes with it where the caller has agreed to the extension.
/// Above the limits of call_metadata the call is answered with status 2 in its place.
template <class Answer>
struct with_metadata {
    Answer answer;           ///< as without
    call_metadata metadata;  ///< in order
};

/// Marks a handler that blocks: it runs on one of pool_threads() and may do so several times at
/// once.
template <class Handler>
[[nodiscard]] pooled<Handler> on_pool(Handler handler) {
    return {std::move(handler)};
}

/// Whether a handler was marked by on_pool().
template <class Handler>
inline constexpr bool is_pooled = false;
/// As above.
template <class Handler>
inline constexpr bool is_pooled<pooled<Handler>> = true;

namespace peers {

/// What a caller is told of a handler that threw: nothing of the exception, which may say what is
/// not for a peer.
inline constexpr auto thrown_text = "the handler failed";

/// What a caller is told when too many calls wait for a thread, or too many handlers run.
inline constexpr auto busy_text = "the server is busy";

/// What a handler that runs on is taken for beside its arguments, in bytes.
inline constexpr std::size_t running_cost = 1 * kib;

/// Answers with why there is no answer.
void answer_failure(rpc::responder& to, call_failure const& why);

/// False, and the call answered with a failure, when that is more than may go with an answer.
[[nodiscard]] bool answer_goes_with(rpc::responder& to, call_metadata const& what);

/// Answers with what a handler gave.
template <class Answer>
void answer_with(typed::reply<Answer>& to, Answer value) {
    to(std::move(value));
}
template <class Answer>
void answer_with(typed::reply<Answer>& to, with_metadata<Answer> value) {
    if (answer_goes_with(to.untyped(), value.metadata)) {
        to(std::move(value.answer));
    }
}
template <class Answer, class Value>
void answer_with(typed::reply<Answer>& to, call_result<Value> outcome) {
    if (outcome) {
        answer_with(to, std::move(*outcome));
    } else {
        answer_failure(to.untyped(), outcome.error());
    }
}

/// The same for a call whose handler has run on.
template <class Answer, class Outcome>
void answer_with(running_call& call, Outcome outcome) {
    if (call.is_awaited()) {
        typed::reply<Answer> to(call.take_responder(), {}, 0);
        answer_with(to, std::move(outcome));
    }
}

/// A handler that runs on, until `deadline`.
inline void begin_running(rpc::request const& call, line& on,
                          std::shared_ptr<running_call> const& running,
                          std::optional<std::chrono::steady_clock::time_point> deadline) {
    if (time_for(call, on.request_timeout()).is_callers) {
        running->has_callers_deadline();
    }
    on.begin(running, deadline);
}

/// Decoding stays within what a connection may still hold.
[[nodiscard]] inline bitcode_limits decoding_within(std::size_t memory_left) noexcept {
    bitcode_limits bounded;
    bounded.decoded_size_max = std::min(bounded.decoded_size_max, memory_left);
    return bounded;
}

/// The arguments of a handler that runs on, counted among what the connection holds until its
/// answer. Empty, and the call answered, when they cannot be had or too many run.
template <class Request>
[[nodiscard]] std::optional<received<Request>> take_arguments(rpc::request const& call,
                                                              rpc::responder& to) {
    if (!line_of(call).has_place()) {
        to.system_error(busy_text);
        return std::nullopt;
    }
    auto arguments = received<Request>::copy_of(call.arguments, decoding_within(call.memory_left));
    if (!arguments) {
        to.system_error(typed::refusal_text(arguments.error()));
        return std::nullopt;
    }
    std::size_t const beside = call.fields != nullptr ? metadata_cost(call.fields->metadata) : 0;
    if (!to.keep(arguments->allocated_size() + beside + running_cost)) {
        to.system_error("too much is held for this connection");
        return std::nullopt;
    }
    return std::move(*arguments);
}

template <class Type>
struct awaited {
    static constexpr bool is_awaitable = false;
};
template <class Type>
struct awaited<boost::asio::awaitable<Type>> {
    static constexpr bool is_awaitable = true;
};

template <class Answer, class Handler, class Request>
boost::asio::awaitable<void> run_coroutine(std::shared_ptr<Handler const> handler,
                                           received<Request> request, call_context context,
                                           std::shared_ptr<running_call> call) {
    if (context.stop.stop_requested()) {
        co_return;  // stopped since its call came, a turn ago
    }
    try {
        auto outcome = co_await (*handler)(std::move(request), std::move(context));
        answer_with<Answer>(*call, std::move(outcome));
    } catch (...) {
        call->take_responder().system_error(thrown_text);
    }
}

/// What a handler that is a coroutine ends with: called, or dropped with it, where what it waits
/// for goes without a word. Then its call is answered as one that got no answer.
class coroutine_end {
public:
    coroutine_end(std::shared_ptr<line> on, std::shared_ptr<running_call> call) noexcept
        : on_(std::move(on)), call_(std::move(call)) {}
    coroutine_end(coroutine_end&&) noexcept = default;
    coroutine_end& operator=(coroutine_end&&) = delete;
    ~coroutine_end() { (*this)(nullptr); }

    void operator()(std::exception_ptr);

private:
    std::shared_ptr<line> on_;
    std::shared_ptr<running_call> call_;  // none once it has been told
};

template <class Request, class Response, class Answer, class Handler>
[[nodiscard]] bool add_coroutine(rpc::dispatcher& methods,
                                 typed::method<Request, Response, Answer> const& of,
                                 Handler handler) {
    // A coroutine may outlive the table that it was started from.
    auto const kept = std::make_shared<Handler const>(std::move(handler));
    return methods.add(of.id, [kept, name = of.name](rpc::request const& call, rpc::responder to) {
        auto arguments = take_arguments<Request>(call, to);
        if (!arguments) {
            return;
        }
        auto const on = line_of(call).shared_from_this();
        auto const running = std::make_shared<running_call>(std::move(to));
        auto context = context_of(call, name);
        context.stop = running->stop_token();
        begin_running(call, *on, running, context.deadline);
        boost::asio::co_spawn(
            on->where().executor(),
            run_coroutine<Answer>(kept, std::move(*arguments), std::move(context), running),
            boost::asio::bind_cancellation_slot(running->slot(), coroutine_end(on, running)));
    });
}

/// Calls a handler that gives its answer as a value, with its context where it has a place for it.
template <class Handler, class Request>
auto call_whole(Handler const& handler, Request const& request, call_context context) {
    if constexpr (std::is_invocable_v<Handler const&, Request const&, call_context>) {
        return handler(request, std::move(context));
    } else {
        return handler(request);
    }
}

/// A call on its way to a thread of the pool, on it, and back.
template <class Handler, class Request, class Answer>
class pooled_call final : public running_call, public task {
    using outcome =
        decltype(call_whole(std::declval<Handler const&>(), std::declval<Request const&>(),
                            std::declval<call_context>()));

public:
    pooled_call(std::shared_ptr<Handler const> handler, received<Request> request,
                call_context context, rpc::responder to)
        : running_call(std::move(to)),
          handler_(std::move(handler)),
          request_(std::move(request)),
          context_(std::move(context)) {
        context_->stop = stop_token();
    }

    /// On the pool; `self` brings the answer back.
    void work(std::shared_ptr<pooled_call> self, line& on) {
        auto expected = stage::waiting;
        if (stage_.compare_exchange_strong(expected, stage::begun)) {
            try {
                auto const request = std::exchange(request_, std::nullopt);
                auto context = std::exchange(context_, std::nullopt);
                outcome_.emplace(call_whole(*handler_, **request, std::move(*context)));
            } catch (...) {
                outcome_.reset();
            }
        }
        on.submit_later(std::move(self));
    }

    // On the line, with the answer.
    void run(line& on) override {
        if (outcome_) {
            answer_with<Answer>(*this, std::move(*outcome_));
        } else {
            take_responder().system_error(thrown_text);
        }
        on.end(*this);
    }
    void drop(error_code) override {}

private:
    enum class stage : std::uint8_t { waiting, begun, stopped };

    // Waiting for a thread may take long: nothing of it is kept.
    void on_stop() override {
        auto expected = stage::waiting;
        if (stage_.compare_exchange_strong(expected, stage::stopped)) {
            request_.reset();
            context_.reset();
        }
    }

    std::shared_ptr<Handler const> handler_;
    std::optional<received<Request>> request_;
    std::optional<call_context> context_;
    std::optional<outcome> outcome_;
    std::atomic<stage> stage_ = stage::waiting;
};

template <class Request, class Response, class Answer, class Handler>
[[nodiscard]] bool add_pooled(rpc::dispatcher& methods,
                              typed::method<Request, Response, Answer> const& of, Handler handler) {
    auto const kept = std::make_shared<Handler const>(std::move(handler));
    return methods.add(of.id, [kept, name = of.name](rpc::request const& call, rpc::responder to) {
        auto const on = line_of(call).shared_from_this();
        auto const pool = on->services().pool.lock();
        auto arguments = take_arguments<Request>(call, to);
        if (!arguments) {
            return;
        }
        auto context = context_of(call, name);
        auto const deadline = context.deadline;
        auto const running = std::make_shared<pooled_call<Handler, Request, Answer>>(
            kept, std::move(*arguments), std::move(context), std::move(to));
        bool const accepted =
            pool != nullptr && pool->submit([on, running] { running->work(running, *on); });
        if (accepted) {
            begin_running(call, *on, running, deadline);
        } else {
            running->take_responder().system_error(busy_text);
        }
    });
}

/// With the context where the handler has a place for it.
template <class Handler, class Message>
decltype(auto) call_inline(Handler const& handler, Message const& message,
                           [[maybe_unused]] rpc::request const& call,
                           [[maybe_unused]] std::string_view name) {
    if constexpr (std::is_invocable_v<Handler const&, Message const&, call_context>) {
        return handler(message, context_of(call, name));
    } else {
        return handler(message);
    }
}

template <class Request, class Response, class Answer, class Handler>
[[nodiscard]] bool add_inline(rpc::dispatcher& methods,
                              typed::method<Request, Response, Answer> const& of, Handler handler) {
    return typed::add(
        methods, of,
        [handler = std::move(handler), name = of.name](
            Request const& request, typed::reply<Answer> to, rpc::request const& call) {
            try {
                answer_with(to, call_inline(handler, request, call, name));
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
/// with Answer or with_metadata<Answer>, or call_result<> of one of them: a call_failure of refused
/// or unknown_method answers with that status, any other with status 2 and its text. One that
/// throws answers status 2. All run on the thread of their connection, those of several connections
/// at the same time; the request of the first two is valid until they return. A coroutine is
/// cancelled when its connection ends or the request timeout has passed.
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

/// One of the first two that blocks: it runs on a thread of the pool, is told by its context when
/// nobody waits any more, and brings its answer back to the connection. Above what may wait for a
/// thread a call answers status 2.
template <class Request, class Response, class Answer, class Handler>
[[nodiscard]] bool add_handler(rpc::dispatcher& methods,
                               typed::method<Request, Response, Answer> const& of,
                               pooled<Handler> blocking) {
    return peers::add_pooled(methods, of, std::move(blocking.handler));
}

/// The same for messages without answer: void(Message const&), or with the call_context.
template <class Message, class Handler>
[[nodiscard]] bool add_handler(rpc::dispatcher& methods, typed::event<Message> const& of,
                               Handler handler) {
    return typed::add(methods, of,
                      [handler = std::move(handler), name = of.name](Message const& message,
                                                                     rpc::request const& call) {
                          try {
                              peers::call_inline(handler, message, call, name);
                          } catch (...) {
                              return;  // nobody is there to be told
                          }
                      });
}

}  // namespace trunkline
