// Handlers that take a decoded request and give a response to be encoded.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/typed/method.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace trunkline::typed {

/// The right, and the duty, to answer one typed call: a responder that knows the type of its
/// answer. Moves; the rules of rpc::responder hold.
template <class Answer>
class reply {
public:
    /// `limits`: of the answer; `memory_left`: bytes that the connection may still hold.
    reply(rpc::responder to, bitcode_limits const& limits, std::size_t memory_left) noexcept
        : to_(std::move(to)), limits_(limits), memory_left_(memory_left) {}

    /// Answers with success.
    void operator()(Answer value) {
        // The responder copies what has no pin before it returns: `value` is there so long.
        bitcode::encoded body = bitcode::encode_lent(value, limits_);
        to_.success(body.slices());
    }

    /// Answers with status 2 and plain text, which every published client shows.
    void refuse(std::string_view text) { to_.system_error(text); }

    /// Bytes that may still be taken to answer this call: what its connection may hold less what
    /// the arguments take. Handlers whose work grows with the request refuse above it.
    [[nodiscard]] std::size_t memory_left() const noexcept { return memory_left_; }

    /// For any other answer.
    [[nodiscard]] rpc::responder& untyped() noexcept { return to_; }

private:
    rpc::responder to_;
    bitcode_limits limits_;
    std::size_t memory_left_;
};

/// What a caller is told of arguments that cannot be decoded: the published text, and for our
/// limits what they are.
[[nodiscard]] std::string_view refusal_text(error_code why) noexcept;

/// Calls a handler with what it takes: the rpc::request, too, where it has a place for it.
template <class Request, class Answer, class Handler>
void serve(Handler const& handler, Request const& request, reply<Answer> answer,
           rpc::request const& call) {
    if constexpr (std::is_invocable_v<Handler const&, Request const&, reply<Answer>,
                                      rpc::request const&>) {
        handler(request, std::move(answer), call);
    } else {
        handler(request, std::move(answer));
    }
}

/// Puts a handler, callable as void(Request const&, reply<Answer>) or with the rpc::request as a
/// third argument, into the table. Its request and the views in it are valid until it returns.
/// Arguments that cannot be decoded are refused without calling it; a request without fields takes
/// any arguments and ignores them. False when the method has a handler already.
template <class Request, class Response, class Answer, class Handler>
[[nodiscard]] bool add(rpc::dispatcher& methods, method<Request, Response, Answer> const& of,
                       Handler handler, bitcode_limits const& limits = {}) {
    return methods.add(of.id, [handler = std::move(handler), limits](rpc::request const& call,
                                                                     rpc::responder to) {
        if constexpr (std::is_empty_v<Request>) {
            serve(handler, Request{}, reply<Answer>(std::move(to), limits, call.memory_left), call);
        } else {
            bitcode_limits bounded = limits;
            bounded.decoded_size_max = std::min(limits.decoded_size_max, call.memory_left);
            bitcode::decoded<Request> arguments;
            if (auto const failed = bitcode::decode_into(arguments, call.arguments, bounded)) {
                to.system_error(refusal_text(failed));
                return;
            }
            std::size_t const taken = call.arguments.size() + arguments.allocated_size();
            serve(handler, std::as_const(*arguments),
                  reply<Answer>(std::move(to), limits,
                                call.memory_left - std::min(call.memory_left, taken)),
                  call);
        }
    });
}

/// The same for messages that nobody answers; the handler is callable as void(Message const&), or
/// with the rpc::request as well. What cannot be decoded is dropped.
template <class Message, class Handler>
[[nodiscard]] bool add(rpc::dispatcher& methods, event<Message> const& of, Handler handler,
                       bitcode_limits const& limits = {}) {
    return methods.add(of.id, [handler = std::move(handler), limits](rpc::request const& call,
                                                                     rpc::responder to) {
        bitcode_limits bounded = limits;
        bounded.decoded_size_max = std::min(limits.decoded_size_max, call.memory_left);
        bitcode::decoded<Message> message;
        if (bitcode::decode_into(message, call.arguments, bounded)) {
            return;
        }
        if constexpr (std::is_invocable_v<Handler const&, Message const&, rpc::request const&>) {
            handler(std::as_const(*message), call);
        } else {
            handler(std::as_const(*message));
        }
        to.success(slice{});  // for who calls it as a method
    });
}

}  // namespace trunkline::typed
