// What ends: streams, calls and connections, and what others see of it: CLS, CAN, FLO, RES, FLT.
#include <trunkline/conform/caller.hpp>
#include <trunkline/conform/rules/families.hpp>

#include <trunkline/rpc/header.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace trunkline::conform {
namespace {

using namespace std::chrono_literals;
using conformance::expect;
using conformance::level;
using conformance::needs;
using conformance::rule;
using conformance::world;

void answers_come_after_half_close(world& at) {
    caller one(at);
    auto const id = one.call("the last one");
    one.link().end();
    one.expect_not_found(id, "a call before the end of our direction");
    expect(one.ends(), "the connection stays when our direction has ended and all is answered");
}

void one_end_disturbs_no_other_stream(world& at) {
    caller one(at);
    one.expect_alive("a call");
    auto const given_up = one.next_id();
    auto const kept = one.next_id();
    auto const begun = one.frames_of_call(given_up, std::string(70'000, 'x'));
    auto const whole = one.frames_of_call(kept, "kept");
    one.say(begun.front());
    one.say(whole.front());
    // Both in one read.
    one.say(one.frame(frame::kind::cancel, given_up, 1) + whole.back());
    one.expect_not_found(kept, "a call beside one that was given up");
}

void a_late_cancel_is_nothing(world& at) {
    caller one(at);
    for (int i = 0; i < 3; ++i) {
        auto const id = one.call();
        one.expect_not_found(id, "a call");
        one.say(one.frame(frame::kind::cancel, id, 2));
    }
    one.expect_alive("a call behind late cancels");
    expect(one.answers() == 4, "a cancel of a call that has ended was answered");
}

void many_cancels_leave_it_usable(world& at) {
    caller one(at);
    for (std::size_t i = 0; i < at.amount("cancels"); ++i) {
        auto const id = one.next_id();
        one.say(one.frames_of_call(id, "given up").front());
        one.say(one.frame(frame::kind::cancel, id, 1));
    }
    one.expect_alive("a call behind many that were given up");
}

// More than the system holds for who does not read, so that the server is pushed back: Linux has
// up to 4 MiB on the way over TCP (tcp_wmem) and 128 KiB unread (tcp_rmem), less on Unix sockets.
constexpr std::size_t held_by_the_system = 6 * mib;
constexpr std::size_t held_by_simulated_links = 256 * kib;

// Answers wait on one connection, as many as nobody takes.
std::vector<std::uint32_t> call_without_reading(world& at, caller& one) {
    one.expect_alive("a call");
    one.link().hold(true);
    std::size_t const wanted =
        at.options().virtual_time ? held_by_simulated_links : held_by_the_system;
    std::vector<std::uint32_t> ids;
    for (std::size_t said = 0; said < wanted;) {
        // A server may read no more before all that is said.
        if (!comes_true_within(at, 1s, [&] { return one.link().unsaid() == 0; })) {
            break;
        }
        std::string some;
        for (int i = 0; i < 500; ++i) {
            ids.push_back(one.next_id());
            some += one.bytes_of_call(ids.back());
        }
        one.say(some);
        said += some.size();  // and answers have a byte more
    }
    return ids;
}

void a_reader_that_resumes_gets_everything(world& at) {
    caller one(at);
    auto const ids = call_without_reading(at, one);
    one.link().hold(false);
    for (auto const id : ids) {
        one.expect_not_found(id, "a call whose answer nobody read for a while");
    }
}

void a_slow_reader_delays_nobody(world& at) {
    caller slow(at);
    static_cast<void>(call_without_reading(at, slow));
    expect_served(at, "a call beside a connection that nobody reads");
}

void connections_come_and_go(world& at) {
    for (std::size_t i = 0; i < at.amount("connections"); ++i) {
        caller one(at);
        if (i % 3 == 0) {
            one.expect_alive("a call on one of many connections in turn");
        }
        if (i % 2 == 0) {
            one.link().close();
        } else {
            one.link().abort();
        }
    }
    expect_served(at, "a call after many connections");
}

void many_streams_leave_it_usable(world& at) {
    caller one(at);
    for (std::size_t i = 0; i < at.amount("rounds of 250 calls"); ++i) {
        std::string all;
        std::uint32_t last = 0;
        for (int k = 0; k < 250; ++k) {
            last = one.next_id();
            all += one.bytes_of_call(last);
        }
        one.say(all);
        one.expect_not_found(last, "one of very many calls");
    }
}

void a_reset_disturbs_nobody(world& at) {
    caller other(at);
    for (std::size_t i = 0; i < at.amount("connections"); ++i) {
        caller one(at);
        for (int k = 0; k < 10; ++k) {
            static_cast<void>(one.call("in flight"));
        }
        std::string const begun = one.bytes_of_call(one.next_id(), noise(at, 1000));
        one.say(begun.substr(0, at.random()() % begun.size()));
        one.link().abort();
    }
    other.expect_alive("a call beside connections that were reset");
    expect_served(at, "a call after connections were reset");
}

constexpr std::array rules{
    rule{.id = "CLS-01",
         .binding = level::must,
         .text = "After the client has ended its direction it still gets the answers to its calls.",
         .look_at = "What an end of input does to calls that were received.",
         .uses = needs::half_close,
         .check = answers_come_after_half_close},
    rule{.id = "CLS-09",
         .binding = level::should,
         .text = "The end of one stream does not disturb another one, also when both come in one "
                 "read.",
         .look_at = "What becomes of the rest of a read behind a Cancel.",
         .check = one_end_disturbs_no_other_stream},
    rule{.id = "CAN-04",
         .binding = level::must,
         .text = "A cancel of a call that has ended does nothing.",
         .look_at = "What a Cancel of an unknown stream does.",
         .check = a_late_cancel_is_nothing},
    rule{.id = "CAN-10",
         .binding = level::must,
         .text = "After very many calls that were given up the connection is as usable as before.",
         .look_at = "What is kept of a call that was given up.",
         .check = many_cancels_leave_it_usable,
         .volumes = {"what adds up", {{"cancels", 1000, 100'000}}}},
    rule{.id = "FLO-02",
         .binding = level::must,
         .text = "When a client that did not read resumes, all answers arrive.",
         .look_at = "What is done when the output is full, and what goes on when it is not.",
         .check = a_reader_that_resumes_gets_everything},
    rule{.id = "RES-02",
         .binding = level::must,
         .text = "Connections that come and go, by a close or a reset, leave the server usable.",
         .look_at = "What a connection leaves behind.",
         .check = connections_come_and_go,
         .volumes = {"what adds up", {{"connections", 300, 10'000}}}},
    rule{.id = "RES-03",
         .binding = level::must,
         .text = "Thousands of streams, one after the other, leave their connection usable.",
         .look_at = "What a stream leaves behind.",
         .check = many_streams_leave_it_usable,
         .volumes = {"what adds up", {{"rounds of 250 calls", 20, 1000}}}},
    rule{.id = "FLT-09",
         .binding = level::must,
         .text = "Clients that die at any point of their calls disturb neither others nor the "
                 "server.",
         .look_at = "What an answer does whose connection is gone.",
         .check = a_reset_disturbs_nobody,
         .volumes = {"what adds up", {{"connections", 50, 1000}}}},
    rule{.id = "FLT-10",
         .binding = level::must,
         .text = "A client that does not read its answers does not delay others.",
         .look_at = "Whether a write that cannot go on stops more than its connection.",
         .check = a_slow_reader_delays_nobody},
};

}  // namespace

std::span<rule const> ending_rules() {
    return rules;
}

}  // namespace trunkline::conform
