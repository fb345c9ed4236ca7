// Cancellation: the family CAN.
#include <trunkline/conformance/gate.hpp>
#include <trunkline/conformance/pump.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/sides.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <array>
#include <stop_token>
#include <utility>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t part_size = 5000;

// A call that can be given up, and how it ended.
struct attempt {
    boost::asio::cancellation_signal give_up;
    std::size_t ends = 0;
    bool answered = false;
    call_failure failure;

    void begin(peer const& by, typed::method<text, text> const& of) {
        by.async_call(of, {"x"},
                      boost::asio::bind_cancellation_slot(
                          give_up.slot(), [this](call_result<received<text>> answer) {
                              ++ends;
                              answered = answer.has_value();
                              if (!answer) {
                                  failure = answer.error();
                              }
                          }));
    }
    void cancel() { give_up.emit(boost::asio::cancellation_type::terminal); }
};

boost::asio::awaitable<text> held_answer(gate& held) {
    co_await held.pass();
    co_return text{"done"};
}

auto waits_at(gate& held) {
    return [&held](received<text>, call_context) { return held_answer(held); };
}

// All that links have carried, where somebody counts.
std::uint64_t carried(world& at) {
    faults const* const links = at.place().disturb();
    return links == nullptr ? 0 : links->carried(true) + links->carried(false);
}

void expect_usable(sides& pair) {
    expect(value_of(pair.caller().call(echo, {"on"}), "the next call")->value == "on",
           "the next call got another answer");
}

void before_the_start_nothing_is_sent(world& at) {
    std::size_t handled = 0;
    auto pair = pairing(at)
                    .handle(echo,
                            [&](text const& said) {
                                ++handled;
                                return said;
                            })
                    .connect();
    expect_usable(pair);
    at.let_pass(1s);
    auto const before = carried(at);
    std::stop_source stopped;
    stopped.request_stop();
    call_options const options{.on_behalf_of = call_parent{.stop = stopped.get_token()}};
    auto const answer = pair.caller().call(echo, {"x"}, options);
    expect(!answer && answer.error().error == call_error::cancelled, "the call was not cancelled");
    expect(answer.error().progress == call_progress::not_sent, "the call says that it was sent");
    auto down = pair.caller().open(blobs, {3}, options);
    auto const part = down.read();
    expect(!part && part.error().error == call_error::cancelled, "the stream was not cancelled");
    at.let_pass(1s);
    expect(handled == 1, "a handler was called");
    expect(carried(at) == before, "something was sent");
}

void the_handler_is_told(world& at) {
    gate held;
    auto pair = pairing(at)
                    .extended()
                    .handle(never, waits_at(held))
                    .handle(echo, [](text const& said) { return said; })
                    .connect();
    attempt call;
    call.begin(pair.caller(), never);
    expect(at.comes_true([&] { return held.arrived() == 1; }), "the call did not arrive");
    auto const begun = at.loop().now();
    call.cancel();
    expect(at.comes_true([&] { return call.ends == 1; }), "the caller was not told");
    expect(at.loop().now() - begun <= (at.options().virtual_time ? 0s : budget),
           "the caller waited for its own cancel");
    expect(call.failure.error == call_error::cancelled, "the call ended otherwise");
    expect(call.failure.progress == call_progress::maybe_executed, "a sent call says it was not");
    expect(at.comes_true([&] { return held.cancelled() == 1; }), "the handler was not told");
    expect(at.loop().now() - begun <= budget, "the handler was told late");
    expect_usable(pair);
}

void after_the_end_nothing_happens(world& at) {
    pumped served{part_size};
    auto pair = pairing(at)
                    .handle(blobs, served.handler())
                    .handle(echo, [](text const& said) { return said; })
                    .connect();
    attempt call;
    call.begin(pair.caller(), echo);
    auto down = pair.caller().open(blobs, {1});
    expect(value_of(down.read(), "the part").has_value(), "there is no part");
    expect(!value_of(down.read(), "the end").has_value(), "there is a part too many");
    expect(at.comes_true([&] { return call.ends == 1; }), "the call did not end");
    at.let_pass(1s);
    auto const before = carried(at);
    call.cancel();
    down.cancel();
    at.let_pass(1s);
    expect(call.ends == 1 && call.answered, "the call has another outcome");
    expect(carried(at) == before, "something was sent");
    expect_usable(pair);
}

void crossing_with_the_answer_there_is_one_outcome(world& at) {
    auto pair =
        pairing(at).extended().handle(echo, [](text const& said) { return said; }).connect();
    for (int steps = 0; steps < at.amount(12, 60); ++steps) {
        attempt call;
        call.begin(pair.caller(), echo);
        at.let_pass(steps * 2ms);
        call.cancel();
        expect(at.comes_true([&] { return call.ends > 0; }), "the call did not end");
        expect_usable(pair);
        expect(call.ends == 1, "the call has two outcomes");
        expect(call.answered || call.failure.error == call_error::cancelled,
               "the call ended otherwise");
    }
}

boost::asio::awaitable<text> asks_onward(gate& held, peer next, call_context context,
                                         error_code& ended) {
    call_options const options{.on_behalf_of = context};
    next.async_call(never, {"onward"}, options, [&ended](call_result<received<text>> answer) {
        ended = answer ? error_code() : answer.error().error;
    });
    co_await held.pass();
    co_return text{"done"};
}

void a_cancel_goes_on_to_calls_made_for_it(world& at) {
    gate held;
    gate held_behind;
    error_code ended;
    auto behind = pairing(at)
                      .extended()
                      .handle(never, waits_at(held_behind))
                      .handle(echo, [](text const& said) { return said; })
                      .connect();
    auto pair =
        pairing(at)
            .extended()
            .handle(never,
                    [&](received<text>, call_context context) {
                        return asks_onward(held, behind.caller(), std::move(context), ended);
                    })
            .connect();
    attempt call;
    call.begin(pair.caller(), never);
    expect(at.comes_true([&] { return held_behind.arrived() == 1; }), "nothing was asked onward");
    at.let_pass(1s);
    expect(!ended && held_behind.cancelled() == 0, "the call made for it ended by itself");
    call.cancel();
    expect(at.comes_true([&] { return held_behind.cancelled() == 1; }),
           "the handler at the end was not told");
    expect(ended == call_error::cancelled, "the call in between ended otherwise");
    expect_usable(behind);
}

constexpr std::array rules{
    rule{"CAN-01", level::must, "A call that is cancelled before it starts sends nothing.",
         "Where a call first looks at whether it is still wanted.", needs::nothing,
         before_the_start_nothing_is_sent},
    rule{"CAN-02", level::must,
         "Cancelled after its request was sent, a call ends at once, and its handler is told.",
         "Whether a reset is sent for a call whose request has ended.", needs::nothing,
         the_handler_is_told},
    rule{"CAN-04", level::must, "A cancel after the end does nothing and sends nothing.",
         "Whether the call is still known when it is given up.", needs::nothing,
         after_the_end_nothing_happens},
    rule{"CAN-08", level::must,
         "A cancel and an answer that cross leave one outcome and a connection that goes on.",
         "What is done with an answer to a call that is not known any more.", needs::nothing,
         crossing_with_the_answer_there_is_one_outcome},
    rule{"CAN-09", level::must,
         "A cancelled call cancels those that its handler made on its behalf.",
         "Whether the context is passed on with its stop token.", needs::nothing,
         a_cancel_goes_on_to_calls_made_for_it},
};

}  // namespace

std::span<rule const> cancel_rules() {
    return rules;
}

}  // namespace trunkline::conformance
