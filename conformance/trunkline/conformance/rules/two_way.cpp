// Both sides call, at once and within each other's calls: the family BID.
#include <trunkline/conformance/judge.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/handlers.hpp>
#include <trunkline/conformance/sides.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using boost::asio::awaitable;
using boost::asio::use_awaitable;
using byte_string = std::vector<std::byte>;

constexpr typed::client_stream<blob, blob> gather{"gather"};
constexpr typed::method<number, number> descend{"descend"};

void the_called_side_calls_back(world& at) {
    auto pair = pairing(at).handle(add_one, one_more).handle_back(echo, same).connect();
    // Before the calling side has called anything.
    auto const back = value_of(pair.callee().call(echo, {"back"}), "a call of the called side");
    expect(back->value == "back", "the called side was answered wrongly");
    auto const forth = value_of(pair.caller().call(add_one, {1}), "a call");
    expect(forth->value == 2, "a call was answered wrongly");
    auto const again = value_of(pair.callee().call(echo, {"again"}), "a further call back");
    expect(again->value == "again", "the called side was answered wrongly");
    expect(!pair.callee().call(add_one, {1}), "a method of the other side was answered");
}

// Whatever a rule of these families says holds whoever has dialled.
void other_families_hold_with_the_roles_exchanged(world& at) {
    constexpr std::array<std::string_view, 4> families{"MUX", "FLO", "CAN", "DDL"};
    world_options how = at.options();
    how.role = initiator::server;
    how.size = volume::quick;
    std::size_t passed = 0;
    for (rule const& each : all_rules()) {
        if (std::ranges::find(families, family_of(each)) == families.end() ||
            includes(each.uses, needs::one_role)) {
            continue;
        }
        verdict const found = judge(each, at.about(), how);
        if (each.binding != level::should) {
            expect(found.what != outcome::failed, found.repeat + ": " + found.seen);
        }
        passed += found.what == outcome::passed ? 1 : 0;
    }
    expect(passed > 0, "no rule of the other families was run");
}

awaitable<blob> take_all(stream_reader<blob>& from) {
    blob all;
    for (;;) {
        auto const part = co_await from.async_read(use_awaitable);
        if (!part.value()) {
            break;
        }
        byte_string const& bytes = (**part)->bytes;
        all.bytes.insert(all.bytes.end(), bytes.begin(), bytes.end());
    }
    co_return all;
}

blob piece_of(byte_string const& whole, std::size_t number, std::size_t size) {
    auto const begin = whole.begin() + static_cast<std::ptrdiff_t>(number * size);
    return {byte_string(begin, begin + static_cast<std::ptrdiff_t>(size))};
}

void both_stream_at_once(world& at) {
    auto const take = [](stream_reader<blob>& from, call_context) { return take_all(from); };
    auto pair = pairing(at)
                    .handle(gather, take)
                    .handle(add_one, one_more)
                    .handle_back(gather, take)
                    .handle_back(add_one, one_more)
                    .connect();
    std::size_t const size = at.amount("bytes a part");
    std::size_t const pieces = at.amount("parts");
    byte_string const up = at.noise(pieces * size);
    byte_string const down = at.noise(pieces * size);
    auto forth = pair.caller().open(gather);
    auto back = pair.callee().open(gather);
    for (std::size_t i = 0; i < pieces; ++i) {
        static_cast<void>(value_of(forth.to.write(piece_of(up, i, size)), "a write"));
        static_cast<void>(value_of(back.to.write(piece_of(down, i, size)), "a write back"));
        expect(value_of(pair.caller().call(add_one, {i}), "a call between")->value == i + 1,
               "a call between the parts was answered wrongly");
        expect(value_of(pair.callee().call(add_one, {i}), "a call back between")->value == i + 1,
               "a call between the parts was answered wrongly");
    }
    forth.to.finish();
    back.to.finish();
    expect(value_of(forth.answer.get(), "the answer")->bytes == up, "what was sent did not arrive");
    expect(value_of(back.answer.get(), "the answer back")->bytes == down,
           "what the called side sent did not arrive");
}

awaitable<number> go_down(received<number> left, call_context context) {
    if (left->value == 0) {
        co_return number{0};
    }
    auto const below =
        co_await context.caller.async_call(descend, number{left->value - 1}, use_awaitable);
    co_return number{(*below.value()).value + 1};
}

void calls_within_calls_go_deep(world& at) {
    auto const down = [](received<number> left, call_context context) {
        return go_down(std::move(left), std::move(context));
    };
    auto pair = pairing(at).handle(descend, down).handle_back(descend, down).connect();
    auto const depth = at.amount("depth");
    auto const answer = value_of(pair.caller().call(descend, {depth}), "the outermost call");
    expect(answer->value == depth, "a call within a call was lost");
}

awaitable<void> loop_parts(stream_reader<blob>& from, stream_writer<blob>& to) {
    for (;;) {
        auto part = co_await from.async_read(use_awaitable);
        if (!part.value()) {
            break;
        }
        blob back = std::move(***part);
        auto const written = co_await to.async_write(std::move(back), use_awaitable);
        written.value();
    }
}

void answers_begin_before_the_end(world& at) {
    auto pair = pairing(at)
                    .handle(loop_back, [](stream_reader<blob>& from, stream_writer<blob>& to,
                                          call_context) { return loop_parts(from, to); })
                    .connect();
    auto stream = pair.caller().open(loop_back);
    for (std::size_t i = 0; i < 5; ++i) {
        auto const sent = at.noise(10 * i + 1);
        static_cast<void>(value_of(stream.to.write({sent}), "a write"));
        auto const part = stream.from.read();
        expect(value_of(part, "a read").has_value(), "the answer ended before the request");
        expect((**part)->bytes == sent, "a part came back as another one");
    }
    stream.to.finish();
    expect(!value_of(stream.from.read(), "the end"), "there are more parts than were sent");
}

awaitable<call_result<number>> refuse_after_one(stream_reader<blob>& from) {
    auto const part = co_await from.async_read(use_awaitable);
    part.value();
    co_return call_failure{call_error::refused, "that is enough"};
}

void an_early_end_stops_the_writer(world& at) {
    auto pair = pairing(at)
                    .handle(sizes, [](stream_reader<blob>& from,
                                      call_context) { return refuse_after_one(from); })
                    .handle(add_one, one_more)
                    .connect();
    auto stream = pair.caller().open(sizes);
    byte_string const part(512);
    for (int i = 0; i < 20; ++i) {
        if (!stream.to.write({part})) {
            break;
        }
    }
    auto const answer = stream.answer.get();
    expect(!answer, "a call that was refused has an answer");
    expect(
        answer.error().error == call_error::refused && answer.error().message == "that is enough",
        "a refusal arrived as " + answer.error().error.message());
    auto const late = stream.to.write({part});
    expect(!late, "a write is taken after the call was answered");
    expect(
        late.error().error == call_error::stream_ended || late.error().error == call_error::refused,
        "writes stop with: " + late.error().error.message());
    static_cast<void>(value_of(pair.caller().call(add_one, {1}), "the next call"));
}

constexpr std::array rules{
    rule{"BID-01", level::must,
         "The side that listens calls methods of the one that dialled, over the same connection.",
         "Whether a side that has dialled takes calls, and what tells the other one that it may "
         "call.",
         needs::nothing, the_called_side_calls_back},
    rule{"BID-02", level::must,
         "Every rule about dispatch, flow, cancellation and deadlines holds with the roles "
         "exchanged.",
         "The rule that is named, with the server calling.", needs::one_shape | needs::one_role,
         other_families_hold_with_the_roles_exchanged},
    rule{"BID-03",
         level::must,
         "Both sides stream at each other at once, with calls between the parts, and all arrive.",
         "Who waits for room in one direction before reading the other one.",
         needs::nothing,
         both_stream_at_once,
         {"5 MiB each way", {{"bytes a part", 4 * kib, chunk_size}, {"parts", 6, 80}}}},
    rule{"BID-04",
         level::must,
         "A handler may call its caller, whose handler may do so in turn, to any depth, on one "
         "thread.",
         "Whether reading stops while a handler waits.",
         needs::nothing,
         calls_within_calls_go_deep,
         {"deeper than any stack of handlers", {{"depth", 60, 500}}}},
    rule{"BID-05", level::must, "Parts of the answer may come before the request has ended.",
         "Whether an answer waits for the end of its request.", needs::nothing,
         answers_begin_before_the_end},
    rule{"BID-06", level::must,
         "A called side may end with an error while its caller still sends: the caller learns it, "
         "and its writes stop.",
         "What becomes of the request when its answer has come.", needs::nothing,
         an_early_end_stops_the_writer},
};

}  // namespace

std::span<rule const> two_way_rules() {
    return rules;
}

}  // namespace trunkline::conformance
