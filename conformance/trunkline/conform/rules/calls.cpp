// Calls of a method that nobody has, and of one that echoes where it is known: EST, INT, MUX, ERR.
#include <trunkline/conform/caller.hpp>
#include <trunkline/conform/rules/families.hpp>

#include <trunkline/rpc/header.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conform {
namespace {

using conformance::expect;
using conformance::level;
using conformance::rule;
using conformance::rule_not_applicable;
using conformance::world;

// The method that echoes, where one is known: then content is compared, too.
std::uint64_t method_of(world& at) {
    return stranger_of(at).about().echo_method.value_or(unknown_method);
}

// The call has to be answered in full.
void expect_answered(world& at, caller& by, std::uint32_t id, std::string_view arguments,
                     std::string const& what) {
    if (!stranger_of(at).about().echo_method) {
        by.expect_not_found(id, what);
        return;
    }
    auto const answer = by.await(id, what);
    expect(answer.status() == rpc::status::success,
           what + " is answered with status " + std::to_string(static_cast<int>(answer.status())));
    expect(answer.payload == arguments, what + " comes back changed");
}

void expect_taken(world& at, caller& by, std::string_view arguments, std::string const& what) {
    expect_answered(at, by, by.call(arguments, method_of(at)), arguments, what);
}

void first_call_is_answered(world& at) {
    caller one(at);
    one.expect_alive("the first call");
}

void connections_are_told_apart(world& at) {
    caller first(at);
    caller second(at);
    // The same ids on both.
    auto const begun = first.next_id();
    std::string const message =
        conformance::head_of(rpc::message_type::call, begun, unknown_method);
    first.say(first.frame(frame::kind::open, begun, 0, message.substr(0, 9)));
    second.expect_alive("a call beside a call that has begun");
    expect(first.answers() == 0, "an answer came on a connection that nobody called on");
    first.say(first.frame(frame::kind::data, begun, 1, message.substr(9)));
    first.say(first.frame(frame::kind::end, begun, 2));
    first.expect_not_found(begun, "a call that was begun before another one");
    second.expect_alive("a second call");
    expect(first.answers() == 1 && second.answers() == 2, "answers came on another connection");
}

// Connections that have gone may count for a while.
void expect_served_again(world& at, std::string_view what) {
    constexpr auto pause = std::chrono::milliseconds(50);
    for (auto left = stranger_of(at).about().patience;; left -= pause) {
        try {
            expect_served(at, what);
            return;
        } catch (conformance::rule_broken const&) {
            if (left < pause) {
                throw;
            }
        }
        static_cast<void>(comes_true_within(at, pause, [] { return false; }));
    }
}

void a_burst_of_connects_is_served(world& at) {
    auto const size = at.amount("connects");
    expect_served(at, "a call before a burst of connects");
    auto const dialer = dialer_of(at);
    auto const links = std::make_shared<std::vector<std::unique_ptr<transport::connection>>>();
    auto const ended = std::make_shared<std::size_t>(0);
    for (std::size_t i = 0; i < size; ++i) {
        dialer->dial(stranger_of(at).about().url, [links, ended](auto made) {
            ++*ended;
            if (made) {
                links->push_back(std::move(*made));
            }
        });
    }
    expect(comes_true(at, [&] { return *ended == size; }), "a connect never ended");
    expect(!links->empty(), "of " + std::to_string(size) + " connects at once each has failed");
    std::vector<std::unique_ptr<caller>> callers;
    std::vector<std::uint32_t> ids;
    for (auto& each : *links) {
        callers.push_back(std::make_unique<caller>(at, std::move(each)));
        ids.push_back(callers.back()->call());
    }
    // Who is refused over bytes hears it by the end of the connection.
    std::size_t served = 0;
    for (std::size_t i = 0; i < callers.size(); ++i) {
        auto& one = *callers[i];
        static_cast<void>(
            comes_true(at, [&] { return one.answers_to(ids[i]) != 0 || one.has_ended(); }));
        if (one.answers_to(ids[i]) != 0 || !one.has_ended()) {
            one.expect_not_found(ids[i], "a call on one of many connections");
            ++served;
        }
    }
    expect(served != 0, "of " + std::to_string(size) + " connections at once each has ended");
    callers.clear();
    expect_served_again(at, "a call after a burst of connects");
}

void the_layout_is_recognised(world& at) {
    auto const other =
        stranger_of(at).about().spoken == frame::layout::a ? frame::layout::b : frame::layout::a;
    first_call_is_answered(at);
    caller one(at, other);
    auto const id = one.call();
    static_cast<void>(
        comes_true(at, [&] { return one.link().heard().size() != 0 || one.has_ended(); }));
    if (one.link().heard().empty()) {
        throw rule_not_applicable{"the server reads one layout only"};
    }
    one.expect_not_found(id, "a call in the other layout");
    one.expect_alive("a second call in the other layout");
    expect(one.oddity().empty(), "in the other layout came " + one.oddity());
}

void nothing_is_a_message(world& at) {
    caller one(at);
    for (int i = 0; i < 3; ++i) {
        expect_taken(at, one, "", "a call without arguments");
    }
    expect(one.answers() == 3,
           "three calls without arguments have " + std::to_string(one.answers()) + " answers");
}

void every_size_is_taken(world& at) {
    caller one(at);
    for (std::size_t const size : {std::size_t{1}, std::size_t{65505}, std::size_t{65521},
                                   std::size_t{65522}, std::size_t{65535}, std::size_t{65536},
                                   std::size_t{65537}, std::size_t{131072}, std::size_t{1048576}}) {
        expect_taken(at, one, noise(at, size), "a call with " + std::to_string(size) + " bytes");
    }
}

void content_is_opaque(world& at) {
    caller one(at);
    std::string every;
    for (int i = 0; i < 256; ++i) {
        every += static_cast<char>(i);
    }
    // A call within a call, an end, a cancel, a close of WebSocket, and nothing but zeros.
    for (std::string const& each : {every, one.bytes_of_call(77), one.frame(frame::kind::end, 1, 1),
                                    one.frame(frame::kind::cancel, 1, 1),
                                    std::string("\x88\x02\x03\xe8"), std::string(100'000, '\0')}) {
        expect_taken(at, one, each, "a call with bytes that look like frames");
    }
    expect(one.answers_to(77) == 0, "a call within the arguments of a call was answered");
}

void streams_do_not_mix(world& at) {
    auto const streams = at.amount("streams");
    caller one(at);
    std::vector<std::uint32_t> ids;
    std::vector<std::string> arguments;
    std::vector<std::vector<std::string>> all;
    for (std::size_t i = 0; i < streams; ++i) {
        ids.push_back(one.next_id());
        arguments.push_back(noise(at, 128 * kib));
        all.push_back(one.frames_of_call(ids.back(), arguments.back(), method_of(at)));
    }
    for (std::size_t part = 0; part < all.front().size(); ++part) {
        for (auto const& each : all) {
            one.say(each[part]);
        }
    }
    for (std::size_t i = 0; i < streams; ++i) {
        expect_answered(at, one, ids[i], arguments[i],
                        "one of " + std::to_string(streams) + " calls whose frames take turns");
    }
}

void ids_of_the_two_sides_never_meet(world& at) {
    caller one(at);
    for (int i = 0; i < 3; ++i) {
        one.expect_alive("a call");
    }
    for (auto const id : one.streams()) {
        expect((id & rpc::acceptor_id_bit) != 0,
               "the server has begun stream " + std::to_string(id) +
                   ", an id that belongs to clients: the top bit is clear");
    }
}

void each_call_gets_its_answer(world& at) {
    auto const calls = at.amount("calls");
    caller one(at);
    std::vector<std::uint32_t> ids;
    for (std::size_t i = 0; i < calls; ++i) {
        ids.push_back(one.call());
    }
    std::ranges::shuffle(ids, at.random());
    for (auto const id : ids) {
        one.expect_not_found(id, "one of " + std::to_string(calls) + " calls in flight");
    }
}

void an_unknown_method_is_not_found(world& at) {
    caller one(at);
    for (std::uint64_t const method :
         {unknown_method, unknown_method + 1, ~std::uint64_t{0}, std::uint64_t{0}}) {
        auto const answer = one.await(one.call({}, method), "a call of an unknown method");
        expect(answer.status() == rpc::status::method_not_found,
               "an unknown method is answered with status " +
                   std::to_string(static_cast<int>(answer.status())));
        expect(answer.head.method_id == method || answer.head.method_id == 0,
               "an unknown method is answered for another one");
    }
}

void an_unknown_stream_is_not_found(world& at) {
    caller one(at);
    auto const id = one.next_id();
    one.say(one.frame(frame::kind::open, id, 0,
                      conformance::head_of(rpc::message_type::call, id, unknown_method)));
    for (std::uint32_t part = 1; part <= 3; ++part) {
        one.say(one.frame(frame::kind::data, id, part, "part"));
    }
    one.say(one.frame(frame::kind::end, id, 4));
    one.expect_not_found(id, "a call in parts");
    one.expect_alive("a call behind one in parts");
    expect(one.answers_to(id) == 1, "a call in parts was answered twice");
}

void frames_are_those_of_the_base_protocol(world& at) {
    caller one(at);
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 100; ++i) {
        ids.push_back(one.call(std::string(static_cast<std::size_t>(i), 'x')));
    }
    for (auto const id : ids) {
        one.expect_not_found(id, "a call");
    }
    expect(one.oddity().empty(), "there came " + one.oddity());
}

void each_call_ends_once(world& at) {
    caller one(at);
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 100; ++i) {
        ids.push_back(one.call());
    }
    for (auto const id : ids) {
        one.expect_not_found(id, "a call");
    }
    // Behind each of these answers is all that was said before it.
    for (int i = 0; i < 3; ++i) {
        one.expect_alive("a call behind them");
    }
    for (auto const id : ids) {
        expect(one.answers_to(id) == 1,
               "a call was answered " + std::to_string(one.answers_to(id)) + " times");
    }
}

constexpr std::array rules{
    rule{.id = "EST-01",
         .binding = level::must,
         .text =
             "Connecting to the server yields a connection, and the first call on it is answered.",
         .look_at = "The URL, its path, and the layout of the frames (--wire).",
         .check = first_call_is_answered},
    rule{.id = "EST-10",
         .binding = level::must,
         .text = "Two clients of one server have two connections: the same ids on both never meet.",
         .look_at = "What calls and answers are kept by: the connection is part of the key.",
         .check = connections_are_told_apart},
    rule{.id = "EST-11",
         .binding = level::must,
         .text = "A burst of connects at once ends in connections that work or in clean errors.",
         .look_at = "The accept loop, its backlog, and what it does at the limit.",
         .check = a_burst_of_connects_is_served,
         .volumes = {"more than a backlog", {{"connects", 100, 500}}}},
    rule{.id = "EST-15",
         .binding = level::must,
         .text = "A server that reads both layouts answers each in its own and never mixes them.",
         .look_at = "How the layout is recognised, and that answers are written in it.",
         .check = the_layout_is_recognised},
    rule{.id = "INT-02",
         .binding = level::must,
         .text = "Requests without a byte of arguments are taken as such, not dropped, not merged.",
         .look_at = "What a message without metadata and payload means to the decoder.",
         .check = nothing_is_a_message},
    rule{.id = "INT-03",
         .binding = level::must,
         .text = "Arguments of every size up to 1 MiB are taken, and come back where a method "
                 "echoes.",
         .look_at = "Heads that are split over frames, and where arguments move to the payload.",
         .check = every_size_is_taken},
    rule{.id = "INT-06",
         .binding = level::must,
         .text = "Bytes of arguments are opaque: what looks like a frame is none.",
         .look_at = "Whether anything but the length in the header decides where a frame ends.",
         .check = content_is_opaque},
    rule{.id = "INT-11",
         .binding = level::must,
         .text = "Streams of 128 KiB whose frames take turns on one connection arrive intact, and "
                 "come back so where a method echoes.",
         .look_at = "Reassembly by stream id.",
         .check = streams_do_not_mix,
         .volumes = {"many at once", {{"streams", 64, 512}}}},
    rule{
        .id = "MUX-01",
        .binding = level::must,
        .text = "Ids that the two sides choose never meet: those of a server have the top bit set.",
        .look_at = "Where stream ids of answers come from; muxio sets the bit since 0.14.",
        .check = ids_of_the_two_sides_never_meet},
    rule{.id = "MUX-02",
         .binding = level::must,
         .text = "A thousand calls in flight on one connection each get their own answer.",
         .look_at = "The table of pending calls, and what is done with answers when many wait.",
         .check = each_call_gets_its_answer,
         .volumes = {"many at once", {{"calls", 1000, 10'000}}}},
    rule{.id = "MUX-04",
         .binding = level::must,
         .text = "A call of an unknown method is answered with \"method not found\".",
         .look_at = "The dispatcher, where it finds no handler.",
         .check = an_unknown_method_is_not_found},
    rule{
        .id = "MUX-05",
        .binding = level::must,
        .text = "A call in parts of an unknown method is answered with \"method not found\", once.",
        .look_at = "The dispatcher, where a call is not complete with its first frame.",
        .check = an_unknown_stream_is_not_found},
    rule{.id = "MUX-13",
         .binding = level::must,
         .text = "Who has not agreed to an extension hears frames of the base protocol only, each "
                 "stream in its sequence.",
         .look_at = "What is sent beside answers, and how frames are numbered.",
         .check = frames_are_those_of_the_base_protocol},
    rule{.id = "ERR-06",
         .binding = level::must,
         .text = "Every call ends with exactly one answer.",
         .look_at = "Who answers, and whether anything answers again.",
         .check = each_call_ends_once},
};

}  // namespace

std::span<rule const> call_rules() {
    return rules;
}

}  // namespace trunkline::conform
