// Streams, ids and dispatch: the family MUX.
#include <trunkline/conformance/gate.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/handlers.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/peer/wait.hpp>
#include <trunkline/rpc/error.hpp>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <stdexcept>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;

boost::asio::awaitable<number> one_more_later(gate& held, number given) {
    co_await held.pass();
    co_return number{given.value + 1};
}

boost::asio::awaitable<text> answer_later(gate& held) {
    co_await held.pass();
    co_return text{"done"};
}

void answers_find_their_calls(world& at) {
    std::size_t const calls = at.amount("calls");
    gate held;
    auto pair = pairing(at)
                    .handle(add_one, [&](received<number> given,
                                         call_context) { return one_more_later(held, *given); })
                    .connect();
    std::vector<std::uint64_t> got(calls);
    std::size_t answered = 0;
    for (std::size_t i = 0; i < calls; ++i) {
        pair.caller().async_call(add_one, {i}, [&, i](call_result<received<number>> answer) {
            ++answered;
            got[i] = answer ? (*answer)->value : 0;
        });
    }
    expect(at.comes_true([&] { return held.arrived() == calls; }), "not all calls arrived");
    std::vector<std::size_t> order(calls);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::shuffle(order, at.random());
    for (std::size_t const which : order) {
        held.open(which);
    }
    expect(at.comes_true([&] { return answered == calls; }), "not all calls were answered");
    for (std::size_t i = 0; i < calls; ++i) {
        expect(got[i] == i + 1, "a call got the answer of another one");
    }
}

void a_slow_handler_delays_nobody(world& at) {
    gate held;
    auto pair = pairing(at)
                    .handle(never, [&](received<text>, call_context) { return answer_later(held); })
                    .handle(add_one, one_more)
                    .connect();
    std::optional<bool> slow_answered;
    pair.caller().async_call(never, {"wait"}, [&](call_result<received<text>> answer) {
        slow_answered = answer.has_value();
    });
    expect(at.comes_true([&] { return held.arrived() == 1; }), "the slow call did not arrive");
    auto const before = at.loop().now();
    auto const answer = value_of(pair.caller().call(add_one, {41}), "the fast call");
    expect(answer->value == 42, "the fast call was answered wrongly");
    expect(at.loop().now() - before <= budget, "the fast call waited for the slow one");
    expect(!slow_answered, "the slow call was answered before its handler did");
    held.open(0);
    expect(at.comes_true([&] { return slow_answered.has_value(); }), "the slow call never ended");
}

void expect_unknown(call_failure const& why) {
    std::ostringstream seen;
    seen << "an unknown method fails with: " << why;
    expect(why.error == call_error::unknown_method, seen.str());
}

void an_unknown_method_is_not_found(world& at) {
    auto pair = pairing(at).handle(add_one, one_more).connect();
    auto const answer = pair.caller().call(echo, {"anybody?"});
    expect(!answer, "an unknown method was answered");
    expect_unknown(answer.error());
    static_cast<void>(value_of(pair.caller().call(add_one, {1}), "the next call"));
}

void an_unknown_stream_is_not_found(world& at) {
    auto pair = pairing(at).handle(add_one, one_more).connect();
    auto const before = at.loop().now();
    auto down = pair.caller().open(blobs, {3});
    auto const none = down.read();
    expect(!none, "an unknown streamed method gave parts");
    expect_unknown(none.error());
    auto up = pair.caller().open(sizes);
    auto const answer = up.answer.get();
    expect(!answer, "an unknown streamed method was answered");
    expect_unknown(answer.error());
    expect(at.loop().now() - before <= budget, "it took a timeout to find that out");
}

void a_throwing_handler_costs_its_call_alone(world& at) {
    std::string const secret = "the password of the database";
    auto pair = pairing(at)
                    .handle(echo, [&](text const&) -> text { throw std::runtime_error(secret); })
                    .handle(add_one, one_more)
                    .connect();
    auto const answer = pair.caller().call(echo, {"x"});
    expect(!answer, "a handler that throws has answered");
    expect(answer.error().error == call_error::system_failure, "it is no system failure");
    expect(answer.error().message.size() <= 4 * kib, "its message is not bounded");
    expect(answer.error().message.find(secret) == std::string::npos, "its message tells secrets");
    static_cast<void>(value_of(pair.caller().call(add_one, {1}), "the next call"));
}

constexpr std::array rules{
    rule{"MUX-02",
         level::must,
         "Many calls in flight on one connection each get their own answer, whatever the order in "
         "which answers are released.",
         "How request ids are handed out, and how an answer finds its call.",
         needs::nothing,
         answers_find_their_calls,
         {"many at once", {{"calls", 200, 1000}}}},
    rule{"MUX-03", level::must,
         "A slow handler does not delay a fast one on the same connection beyond the scheduling "
         "budget.",
         "Whether reading goes on while a call is unanswered.", needs::nothing,
         a_slow_handler_delays_nobody},
    rule{"MUX-04", level::must, "Calling an unknown method fails with \"not found\".",
         "What the dispatcher answers for an id that nobody has registered.", needs::nothing,
         an_unknown_method_is_not_found},
    rule{"MUX-05", level::must,
         "Calling an unknown streamed method fails with \"not found\", without waiting for the end "
         "of the request.",
         "Whether the answer waits for the request's end.", needs::nothing,
         an_unknown_stream_is_not_found},
    rule{"MUX-11", level::must,
         "A handler that throws answers with \"system error\" and a bounded message without "
         "internal detail; the connection lives on.",
         "Where exceptions of handlers are caught.", needs::nothing,
         a_throwing_handler_costs_its_call_alone},
};

}  // namespace

std::span<rule const> dispatch_rules() {
    return rules;
}

}  // namespace trunkline::conformance
