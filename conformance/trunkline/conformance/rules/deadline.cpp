// Deadlines: the family DDL.
#include <trunkline/conformance/pump.hpp>
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/on_time.hpp>
#include <trunkline/conformance/service.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/flow/limits.hpp>
#include <trunkline/peer/wait.hpp>

#include <array>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using duration = transport::runtime::duration;
using time_point = transport::runtime::time_point;

constexpr std::size_t part_size = 5000;
constexpr std::size_t many_parts = 20;  // more than one window
constexpr auto soon = 30ms;

void one_that_has_passed_sends_nothing(world& at) {
    expect_nothing_sent(at, [&](peer const& caller) {
        call_parent const late{.stop = {}, .deadline = at.loop().now() - 1ms};
        call_parent const just{.stop = {}, .deadline = at.loop().now()};
        for (call_options const& options :
             {call_options{.timeout = -1ms}, call_options{.on_behalf_of = late},
              call_options{.on_behalf_of = just},
              call_options{.timeout = 0ms, .on_behalf_of = late}}) {
            auto const begun = at.loop().now();
            auto const answer = caller.call(echo, {"x"}, options);
            expect_passed(answer, "the call");
            expect(answer.error().progress == call_progress::not_sent, "the call says it was sent");
            auto down = caller.open(blobs, {3}, options);
            expect_passed(down.read(), "the stream");
            auto up = caller.open(sizes, options);
            expect_passed(up.answer.get(), "the upload");
            expect_on_time(at, begun, at.loop().now(), "the end");
        }
    });
}

void each_ends_in_its_own_time(world& at) {
    constexpr auto usual = 25ms;
    gate held;
    auto pair = pairing(at)
                    .handle(never, waits_at(held))
                    .on_caller([&](auto& builder) { builder.default_timeout(usual); })
                    .connect();
    std::vector<std::chrono::milliseconds> spans{60ms, 20ms, 40ms};
    if (at.options().virtual_time) {
        spans.push_back(90s);
    }
    auto const begun = at.loop().now();
    begun_call const endless(at, pair.caller(), never, {.timeout = 0ms});
    std::vector<begun_call> calls;
    for (auto const span : spans) {
        calls.emplace_back(at, pair.caller(), never, call_options{.timeout = span});
    }
    calls.emplace_back(at, pair.caller(), never);
    spans.push_back(usual);
    for (std::size_t i = 0; i < calls.size(); ++i) {
        expect(at.comes_true([&] { return calls[i].has_ended(); }), "a call has no end");
        expect_on_time(at, begun + spans[i], calls[i].ended_at(), "a deadline");
        expect_passed(calls[i], "a call that is not answered");
    }
    at.let_pass(1h);
    expect(!endless.has_ended(), "a call without a deadline has ended");
    // In real time a slow link may bring a call and its end together: then nobody is asked.
    auto const arriving = at.options().virtual_time ? calls.size() + 1 : 1;
    expect(at.comes_true([&] { return held.arrived() >= arriving; }), "not all calls arrived");
}

void afterwards_the_connection_is_usable(world& at) {
    for (bool const extended : {false, true}) {
        gate held;
        unread kept;
        pairing made(at);
        if (extended) {
            made.extended();
        }
        auto pair = made.handle(never, waits_at(held))
                        .handle(sizes, kept.handler())
                        .handle(echo, same)
                        .connect();
        for (std::size_t round = 0; round < at.amount("rounds"); ++round) {
            expect_passed(pair.caller().call(never, {"?"}, {.timeout = 2ms}), "the call");
            auto up = pair.caller().open(sizes, {.timeout = 2ms});
            pump const upload(std::move(up.to), part_size, many_parts);
            expect_passed(up.answer.get(), "the upload");
            expect_usable(pair);
            kept.from.clear();
        }
    }
}

// What a handler is told of the time that is left, with a zero where it is told nothing.
duration time_left(world& at, call_context const& context) {
    return context.deadline ? std::chrono::floor<duration>(*context.deadline - at.loop().now())
                            : duration::zero();
}

awaitable<text> asks_later(peer next, call_context context, duration spent) {
    co_await wait_for(spent);
    text const request{"onward"};
    call_options const options{.on_behalf_of = context};
    auto const answer =
        co_await next.async_call(never, request, options, boost::asio::use_awaitable);
    co_return text{answer ? "answered" : "failed"};
}

void what_is_left_is_smaller_at_each_hop(world& at) {
    constexpr auto given = 10s;
    constexpr auto spent = 20ms;
    gate held;
    std::vector<duration> left;
    auto behind = pairing(at)
                      .extended()
                      .handle(never,
                              [&](received<text>, call_context context) {
                                  left.push_back(time_left(at, context));
                                  return held_answer(held);
                              })
                      .connect();
    auto pair = pairing(at)
                    .extended()
                    .handle(never,
                            [&](received<text>, call_context context) {
                                left.push_back(time_left(at, context));
                                return asks_later(behind.caller(), std::move(context), spent);
                            })
                    .connect();
    begun_call call(at, pair.caller(), never, {.timeout = given});
    expect(at.comes_true([&] { return left.size() == 2; }), "the last handler was not called");
    expect(left[0] > 0s, "the first handler was not told how much time is left");
    expect(left[0] <= given && given - left[0] <= grace(at),
           "the first handler was told something else than is left");
    expect(left[1] > 0s, "the last handler was not told how much time is left");
    expect(left[1] <= left[0] - spent, "the last handler was promised time that has passed");
    expect(left[0] - spent - left[1] <= grace(at), "the last handler was told less than is left");
    call.cancel();
    expect(at.comes_true([&] { return held.cancelled() == 1; }), "the last handler was not ended");
}

// A handler that is told to stop and does not: it answers when it may, also behind its rule.
struct heedless_handler {
    gate held;
    std::optional<time_point> told;
    bool answered = false;

    [[nodiscard]] static auto handler(std::shared_ptr<heedless_handler> of, world& at) {
        return [of = std::move(of), &at](received<text>, call_context context) {
            return answers_late(of, at, std::move(context));
        };
    }

    // Its coroutine keeps it: whatever becomes of the rule, that waits no longer.
    class unheld {
    public:
        explicit unheld(std::shared_ptr<heedless_handler> of) : of_(std::move(of)) {}
        ~unheld() { of_->held.abandon(); }
        unheld(unheld const&) = delete;
        unheld& operator=(unheld const&) = delete;

    private:
        std::shared_ptr<heedless_handler> of_;
    };

private:
    static awaitable<text> answers_late(std::shared_ptr<heedless_handler> of, world& at,
                                        call_context context) {
        co_await boost::asio::this_coro::reset_cancellation_state(
            boost::asio::disable_cancellation());
        std::stop_callback const stopped(context.stop, [&] { of->told = at.loop().now(); });
        co_await of->held.pass();
        of->answered = true;
        co_return text{"too late"};
    }
};

void expect_late_answer_dropped(world& at, pairing& made, call_options const& options,
                                call_error wanted) {
    auto const late = std::make_shared<heedless_handler>();
    auto pair =
        made.handle(never, heedless_handler::handler(late, at)).handle(echo, same).connect();
    heedless_handler::unheld const at_the_end(late);
    auto const begun = at.loop().now();
    begun_call const call(at, pair.caller(), never, options);
    expect(at.comes_true([&] { return call.has_ended(); }), "the call did not end");
    expect(call.error() == wanted, "the call ended otherwise");
    expect(call.ended_at() - begun >= soon, "the call ended early");
    expect(call.ended_at() - begun <= soon + budget, "the call ended late");
    expect(at.comes_true([&] { return late->told.has_value(); }), "the handler was not told");
    expect(*late->told - begun >= soon, "the handler was told early");
    expect(*late->told - begun <= soon + budget, "the handler was told late");
    expect(late->held.arrived() == 1, "the handler was called more than once");
    late->held.open_all();
    expect_usable(pair);
    expect(at.comes_true([&] { return late->answered; }), "the handler did not go on");
    at.let_pass(1s);
    expect_usable(pair);
    expect(call.ends() == 1, "the call has two outcomes");
}

void a_handler_is_told_and_its_late_answer_dropped(world& at) {
    pairing callers(at);
    expect_late_answer_dropped(at, callers.extended(), {.timeout = soon},
                               call_error::deadline_passed);
    pairing callees(at);
    callees.on_callee([](auto& builder) { builder.request_timeout(soon); });
    expect_late_answer_dropped(at, callees, {}, call_error::system_failure);
}

void expect_waits_for_connection(world& at) {
    service served(at, [](rpc_server::builder& made) { made.handle(echo, same); });
    auto const client = value_of(
        at.a_client().reconnect({.first_wait = 5ms, .wait_max = 20ms}).connect(), "connecting");
    served.stop();
    expect(at.comes_true([&] { return !client.is_connected(); }), "nobody noticed the loss");
    auto const due = at.loop().now() + soon;
    begun_call const call(at, client, echo, {.timeout = soon});
    auto down = client.open(blobs, {1}, {.timeout = soon});
    auto const part = down.read();
    expect_on_time(at, due, at.loop().now(), "the deadline of a stream without connection");
    expect_passed(part, "a stream without connection");
    expect(at.comes_true([&] { return call.has_ended(); }), "a call waits for ever");
    expect_on_time(at, due, call.ended_at(), "the deadline of a call without connection");
    expect_passed(call, "a call without connection");
    expect(call.progress() == call_progress::not_sent &&
               part.error().progress == call_progress::not_sent,
           "what had no connection says that it was sent");
    served.start();
    expect(value_of(client.call(echo, {"x"}), "a call behind the loss")->value == "x",
           "the call behind the loss was answered wrongly");
}

void expect_waits_for_slot(world& at) {
    session_limits one;
    one.pending_calls_max = 1;
    gate held;
    auto pair = pairing(at)
                    .handle(never, waits_at(held))
                    .handle(echo, same)
                    .on_caller([&](auto& builder) { builder.limits(one); })
                    .connect();
    begun_call const first(at, pair.caller(), never);
    expect(at.comes_true([&] { return held.arrived() == 1; }), "the first call did not arrive");
    auto const due = at.loop().now() + soon;
    begun_call const in_vain(at, pair.caller(), echo, {.timeout = soon});
    begun_call const patient(at, pair.caller(), echo);
    auto down = pair.caller().open(blobs, {1}, {.timeout = soon});
    auto const part = down.read();
    expect_on_time(at, due, at.loop().now(), "the deadline of a stream without a slot");
    expect_passed(part, "a stream without a slot");
    expect(at.comes_true([&] { return in_vain.has_ended(); }), "a call waits for ever");
    expect_on_time(at, due, in_vain.ended_at(), "the deadline of a call without a slot");
    expect_passed(in_vain, "a call without a slot");
    expect(in_vain.progress() == call_progress::not_sent, "a call without a slot was sent");
    expect(!first.has_ended() && !patient.has_ended(), "other calls have ended with it");
    held.open_all();
    expect(at.comes_true([&] { return first.has_ended() && patient.has_ended(); }),
           "a call that waited on never had its turn");
    expect(patient.said() == "x" && first.said() == "done", "other calls were not answered");
}

void expect_waits_for_credit(world& at) {
    unread kept;
    auto pair = pairing(at).extended().handle(sizes, kept.handler()).handle(echo, same).connect();
    auto const due = at.loop().now() + soon;
    auto up = pair.caller().open(sizes, {.timeout = soon});
    pump const upload(std::move(up.to), part_size, many_parts);
    auto const answer = up.answer.get();
    expect_on_time(at, due, at.loop().now(), "the deadline of a stream without credit");
    expect_passed(answer, "a stream without credit");
    expect(at.comes_true([&] { return upload.has_ended(); }),
           "a writer that waits for credit was not told");
    // In real time the other side may notice first: its word is an answer.
    expect(upload.failure() == call_error::deadline_passed ||
               (!at.options().virtual_time && upload.failure() == call_error::stream_ended),
           "a writer that waits for credit was told otherwise");
    expect_usable(pair);
}

void it_covers_what_a_call_waits_for(world& at) {
    if (at.options().role == initiator::client) {
        expect_waits_for_connection(at);
    }
    expect_waits_for_slot(at);
    expect_waits_for_credit(at);
}

// The frames of layout a tell the time of day.
void setting_the_clock_changes_nothing(world& at) {
    constexpr std::chrono::hours year(365 * 24);
    for (frame::layout const layout : {frame::layout::a, frame::layout::b}) {
        for (std::chrono::hours const moved : {year, -year}) {
            auto const late = std::make_shared<heedless_handler>();
            unread kept;
            pairing made(at);
            made.client().layout(layout);
            auto pair = made.handle(never, heedless_handler::handler(late, at))
                            .handle(sizes, kept.handler())
                            .on_callee([](auto& builder) { builder.request_timeout(5s); })
                            .connect();
            heedless_handler::unheld const at_the_end(late);
            auto const begun = at.loop().now();
            begun_call const call(at, pair.caller(), never, {.timeout = 3s});
            auto const up = pair.caller().open(sizes);
            expect(at.comes_true([&] { return late->held.arrived() == 1 && !kept.from.empty(); }),
                   "the calls did not arrive");
            auto const arrived = at.loop().now();
            begun_read const read(kept.from.front());
            kept.from.front().expires_after(4s);
            at.let_pass(1s);
            at.move_wall_clock(moved);
            at.let_pass(1s);
            expect(!call.has_ended() && !read.has_ended() && !late->told, "a deadline came early");
            expect(at.comes_true([&] { return late->told && read.has_ended(); }),
                   "a deadline did not come");
            expect(call.ended_at() == begun + 3s, "the deadline of the call was moved");
            expect_passed(call, "the call");
            expect(read.failure() == call_error::deadline_passed, "the read ended otherwise");
            expect(*late->told >= begun + 5s && *late->told <= arrived + 5s,
                   "the deadline of the handler was moved");
            late->held.open_all();
            expect(at.comes_true([&] { return late->answered; }), "the handler did not go on");
        }
    }
}

constexpr std::array rules{
    rule{"DDL-01", level::must,
         "A call whose deadline has passed before it begins fails at once and sends nothing.",
         "Where a call first looks at the time.", needs::nothing,
         one_that_has_passed_sends_nothing},
    rule{"DDL-03", level::must,
         "Every call ends at its own deadline: not early, and late by no more than timers are.",
         "In which order deadlines are kept, and which clock they are of.", needs::nothing,
         each_ends_in_its_own_time},
    rule{"DDL-05",
         level::must,
         "Behind a deadline the connection serves other calls as before.",
         "What is done with what comes for a call that has ended.",
         needs::nothing,
         afterwards_the_connection_is_usable,
         {"tables that forget what has ended", {{"rounds", 5, 200}}}},
    rule{"DDL-06", level::must,
         "The time that is left reaches the handler, and less of it each one further on.",
         "Whether a deadline travels as time that is left, and is measured again at each hop.",
         needs::nothing, what_is_left_is_smaller_at_each_hop},
    rule{"DDL-07", level::must,
         "A handler is told that its time has passed, and its late answer is dropped.",
         "Who ends a handler, and who still knows its call.", needs::nothing,
         a_handler_is_told_and_its_late_answer_dropped},
    rule{"DDL-08", level::must,
         "A deadline also covers waiting for a connection, for a slot and for credit.",
         "From when the time of a call counts.", needs::nothing, it_covers_what_a_call_waits_for},
    rule{"DDL-09", level::should, "Setting the wall clock changes no deadline.",
         "Which clock deadlines are measured by.", needs::virtual_time,
         setting_the_clock_changes_nothing},
};

}  // namespace

std::span<rule const> deadline_rules() {
    return rules;
}

}  // namespace trunkline::conformance
