// Cancellation: the family CAN.
#include <trunkline/conformance/gate.hpp>
#include <trunkline/conformance/pump.hpp>
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/flow/limits.hpp>
#include <trunkline/peer/line_access.hpp>

#include <array>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t part_size = 5000;
constexpr std::size_t many_parts = 40;  // more than one window

// What a frame that came in pieces may leave: a buffer of its size.
constexpr std::size_t kept_buffer_max = 64;

// Nothing of any call is kept for this peer.
bool is_at_rest(peer const& of) {
    auto const& protocol = protocol_of(of);
    return peers::line_access::line_of(of)->waiting().empty() && protocol.idle() &&
           protocol.held_size() <= kept_buffer_max && protocol.unanswered_requests() == 0;
}

void expect_nothing_kept(world& at, sides& pair) {
    expect(at.comes_true([&] { return is_at_rest(pair.caller()) && is_at_rest(pair.callee()); }),
           "something of cancelled calls is kept");
}

void before_the_start_nothing_is_sent(world& at) {
    expect_nothing_sent(at, [](peer const& caller) {
        std::stop_source stopped;
        stopped.request_stop();
        call_options const options{.on_behalf_of = call_parent{.stop = stopped.get_token()}};
        auto const answer = caller.call(echo, {"x"}, options);
        expect(!answer && answer.error().error == call_error::cancelled,
               "the call was not cancelled");
        expect(answer.error().progress == call_progress::not_sent,
               "the call says that it was sent");
        auto down = caller.open(blobs, {3}, options);
        auto const part = down.read();
        expect(!part && part.error().error == call_error::cancelled,
               "the stream was not cancelled");
    });
}

void the_handler_is_told(world& at) {
    gate held;
    auto pair = pairing(at).extended().handle(never, waits_at(held)).handle(echo, same).connect();
    begun_call call(at, pair.caller(), never);
    expect(at.comes_true([&] { return held.arrived() == 1; }), "the call did not arrive");
    auto const begun = at.loop().now();
    call.cancel();
    expect(at.comes_true([&] { return call.ends() == 1; }), "the caller was not told");
    expect(at.loop().now() - begun <= (at.options().virtual_time ? 0s : budget),
           "the caller waited for its own cancel");
    expect(call.error() == call_error::cancelled, "the call ended otherwise");
    expect(call.progress() == call_progress::maybe_executed, "a sent call says it was not");
    expect(at.comes_true([&] { return held.cancelled() == 1; }), "the handler was not told");
    expect(at.loop().now() - begun <= budget, "the handler was told late");
    expect_usable(pair);
}

void no_part_comes_after_a_cancel(world& at) {
    pumped served{part_size};
    auto pair = pairing(at).extended().handle(blobs, served.handler()).handle(echo, same).connect();
    auto down = pair.caller().open(blobs, {many_parts});
    expect(value_of(down.read(), "the first part").has_value(), "there is no part");
    at.let_pass(1s);  // more wait to be read
    down.cancel();
    auto const next = down.read();
    expect(!next, "a part was delivered after the cancel");
    expect(next.error().error == call_error::cancelled, "the stream ended otherwise");
    expect(at.comes_true([&] {
        return served.all.front().has_ended() && served.contexts.front().cancelled();
    }),
           "the writer was not told");
    expect(bool(served.all.front().failure()), "the writer wrote everything");
    expect_usable(pair);
}

void after_the_end_nothing_happens(world& at) {
    pumped served{part_size};
    auto pair = pairing(at).handle(blobs, served.handler()).handle(echo, same).connect();
    begun_call call(at, pair.caller(), echo);
    auto down = pair.caller().open(blobs, {1});
    expect(value_of(down.read(), "the part").has_value(), "there is no part");
    expect(!value_of(down.read(), "the end").has_value(), "there is a part too many");
    expect(at.comes_true([&] { return call.ends() == 1; }), "the call did not end");
    at.let_pass(1s);
    auto const before = carried(at);
    call.cancel();
    down.cancel();
    at.let_pass(1s);
    expect(call.ends() == 1 && !call.error(), "the call has another outcome");
    expect(carried(at) == before, "something was sent");
    expect_usable(pair);
}

void twice_acts_once(world& at) {
    unread kept;
    auto pair = pairing(at).extended().handle(sizes, kept.handler()).handle(echo, same).connect();
    for (std::size_t round = 0; round < at.amount("rounds"); ++round) {
        auto call = pair.caller().open(sizes);
        pump const upload(std::move(call.to), part_size, many_parts);
        expect(at.comes_true([&] { return kept.from.size() == round + 1; }), "no stream began");
        std::thread first([&] { call.answer.cancel(); });
        std::thread second([&] { call.answer.cancel(); });
        first.join();
        second.join();
        auto const answer = call.answer.get();
        expect(!answer && answer.error().error == call_error::cancelled, "it was not cancelled");
        expect(at.comes_true([&] { return kept.contexts.back().cancelled(); }),
               "the handler was not told");
        at.let_pass(100ms);
        expect(upload.failures() == 1, "the writer was not told once");
        expect_usable(pair);
    }
}

void directions_end_as_they_are_given_up(world& at) {
    std::optional<stream_reader<blob>> from;
    std::optional<stream_writer<blob>> to;
    std::optional<call_context> context;
    auto pair =
        pairing(at)
            .extended()
            .handle(loop_back,
                    [&](stream_reader<blob> parts, stream_writer<blob> back, call_context of) {
                        from = std::move(parts);
                        to = std::move(back);
                        context = std::move(of);
                    })
            .handle(echo, same)
            .connect();
    {
        auto call = pair.caller().open(loop_back);
        pump const upload(std::move(call.to), part_size, many_parts);
        expect(at.comes_true([&] { return from.has_value(); }), "the stream did not begin");
        from.reset();
        pump const back(std::move(*to), part_size, many_parts);
        drain const down(std::move(call.from));
        expect(at.comes_true([&] { return down.has_ended(); }), "nothing comes down any more");
        expect(down.is_intact() && down.read_size() == many_parts * part_size,
               "not everything came down from a side that gave up reading");
        expect(at.comes_true([&] { return upload.has_ended(); }), "the writer waits for ever");
    }
    context.reset();
    to.reset();
    auto call = pair.caller().open(loop_back);
    pump const upload(std::move(call.to), part_size, many_parts);
    expect(at.comes_true([&] { return context.has_value(); }), "the stream did not begin");
    call.from = {};
    expect(at.comes_true([&] { return upload.has_ended() && context->cancelled(); }),
           "a caller that does not read any more has not given up its call");
    expect(upload.failure() == call_error::cancelled, "its writer was told something else");
    expect_usable(pair);
}

void a_writer_that_waits_is_freed(world& at) {
    unread kept;
    auto pair = pairing(at).extended().handle(sizes, kept.handler()).connect();
    for (std::size_t round = 0; round < at.amount("rounds"); ++round) {
        auto call = pair.caller().open(sizes);
        pump const upload(std::move(call.to), part_size, many_parts);
        expect(at.comes_true([&] { return kept.from.size() == round + 1; }), "no stream began");
        expect(at.comes_true([&] { return upload.written_size() >= flow::first_credit; }),
               "cancelled streams have kept credit");
        at.let_pass(1s);
        expect(!upload.has_ended(), "the writer does not wait");
        call.answer.cancel();
        expect(at.comes_true([&] { return upload.has_ended(); }), "the writer was not told");
        expect(upload.failure() == call_error::cancelled && upload.failures() == 1,
               "the writer was told something else");
        expect(at.comes_true([&] { return kept.contexts.back().cancelled(); }),
               "the handler was not told");
        kept.from.back() = {};
        expect_nothing_kept(at, pair);
    }
    auto call = pair.caller().open(sizes);
    pump const upload(std::move(call.to), part_size, many_parts);
    std::size_t const before = kept.from.size();
    expect(at.comes_true([&] { return kept.from.size() == before + 1; }), "no stream began");
    drain const up(std::move(kept.from.back()));
    expect(at.comes_true([&] { return up.has_ended(); }), "a later stream has no credit");
    expect(up.is_intact() && up.read_size() == many_parts * part_size, "not everything came");
}

void crossing_with_the_answer_there_is_one_outcome(world& at) {
    auto pair = pairing(at).extended().handle(echo, same).connect();
    for (std::size_t steps = 0; steps < at.amount("steps"); ++steps) {
        begun_call call(at, pair.caller(), echo);
        at.let_pass(static_cast<int>(steps) * 2ms);
        call.cancel();
        expect(at.comes_true([&] { return call.ends() > 0; }), "the call did not end");
        expect_usable(pair);
        expect(call.ends() == 1, "the call has two outcomes");
        expect(!call.error() || call.error() == call_error::cancelled, "the call ended otherwise");
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
    auto behind =
        pairing(at).extended().handle(never, waits_at(held_behind)).handle(echo, same).connect();
    auto pair =
        pairing(at)
            .extended()
            .handle(never,
                    [&](received<text>, call_context context) {
                        return asks_onward(held, behind.caller(), std::move(context), ended);
                    })
            .connect();
    begun_call call(at, pair.caller(), never);
    expect(at.comes_true([&] { return held_behind.arrived() == 1; }), "nothing was asked onward");
    at.let_pass(1s);
    expect(!ended && held_behind.cancelled() == 0, "the call made for it ended by itself");
    call.cancel();
    expect(at.comes_true([&] { return held_behind.cancelled() == 1; }),
           "the handler at the end was not told");
    expect(ended == call_error::cancelled, "the call in between ended otherwise");
    expect_usable(behind);
}

void cancelled_calls_leave_nothing_behind(world& at) {
    std::size_t cancelled = 0;
    gate held;
    auto pair = pairing(at).extended().handle(never, waits_at(held)).handle(echo, same).connect();
    std::size_t const rounds = at.amount("rounds");
    std::size_t const calls = at.amount("calls a round");
    std::size_t arrived = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
        std::stop_source parent;
        call_options const options{.on_behalf_of = call_parent{.stop = parent.get_token()}};
        for (std::size_t i = 0; i < calls; ++i) {
            pair.caller().async_call(
                never, {"x"}, options,
                [&](call_result<received<text>> answer) { cancelled += answer ? 0 : 1; });
        }
        expect(at.comes_true([&] { return held.arrived() > arrived; }), "no call arrived");
        arrived = held.arrived();
        parent.request_stop();
        expect(at.comes_true([&] { return cancelled == (round + 1) * calls; }),
               "not all calls were cancelled");
    }
    expect(at.comes_true([&] { return held.cancelled() == held.arrived(); }),
           "not all handlers were told");
    expect_nothing_kept(at, pair);
    expect_usable(pair);
}

constexpr std::array rules{
    rule{"CAN-01", level::must, "A call that is cancelled before it starts sends nothing.",
         "Where a call first looks at whether it is still wanted.", needs::nothing,
         before_the_start_nothing_is_sent},
    rule{"CAN-02", level::must,
         "Cancelled after its request was sent, a call ends at once, and its handler is told.",
         "Whether a reset is sent for a call whose request has ended.", needs::nothing,
         the_handler_is_told},
    rule{"CAN-03", level::must,
         "Cancelled in the middle of its answer, a call delivers no part any more, and its writer "
         "is told.",
         "Whether parts that wait to be read are dropped.", needs::nothing,
         no_part_comes_after_a_cancel},
    rule{"CAN-04", level::must, "A cancel after the end does nothing and sends nothing.",
         "Whether the call is still known when it is given up.", needs::nothing,
         after_the_end_nothing_happens},
    rule{"CAN-05",
         level::must,
         "A cancel that comes twice, from two threads, acts once.",
         "Whether the outcome is handed out before it is taken away.",
         needs::nothing,
         twice_acts_once,
         {"many races", {{"rounds", 5, 100}}}},
    rule{"CAN-06", level::must,
         "A called side that gives up reading can still answer; a caller that gives up reading has "
         "given up its call.",
         "What a dropped reader does to the other direction.", needs::nothing,
         directions_end_as_they_are_given_up},
    rule{"CAN-07",
         level::must,
         "A cancel reaches a writer that waits for credit, and later streams have theirs.",
         "Who else holds what waits for credit.",
         needs::nothing,
         a_writer_that_waits_is_freed,
         {"memory that grows by one writer", {{"rounds", 3, 300}}}},
    rule{"CAN-08",
         level::must,
         "A cancel and an answer that cross leave one outcome and a connection that goes on.",
         "What is done with an answer to a call that is not known any more.",
         needs::nothing,
         crossing_with_the_answer_there_is_one_outcome,
         {"every step of a call", {{"steps", 12, 60}}}},
    rule{"CAN-09", level::must,
         "A cancelled call cancels those that its handler made on its behalf.",
         "Whether the context is passed on with its stop token.", needs::nothing,
         a_cancel_goes_on_to_calls_made_for_it},
    rule{"CAN-10",
         level::must,
         "Cancelled calls leave nothing behind on either side.",
         "Which table still knows a call after its cancel.",
         needs::nothing,
         cancelled_calls_leave_nothing_behind,
         {"a table that grows by one in a thousand",
          {{"rounds", 3, 100}, {"calls a round", 50, 1000}}}},
};

}  // namespace

std::span<rule const> cancel_rules() {
    return rules;
}

}  // namespace trunkline::conformance
