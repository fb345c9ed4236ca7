// The judge itself: what becomes of a rule that holds, is broken, means nothing, or leaves things
// behind; and that each rule of the kit means something somewhere.
#include <trunkline/conformance/judge.hpp>

#include <trunkline/conformance/leftovers.hpp>
#include <trunkline/conformance/rules/heap.hpp>
#include <trunkline/conformance/simulated.hpp>
#include <trunkline/conformance/sockets.hpp>
#include <trunkline/peer/peer.hpp>
#include <trunkline/transport/file_descriptor.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;

rule a_rule(void (*check)(world&), needs uses = needs::nothing) {
    return {"TST-01", level::must, "A test.", "The test.", uses, check};
}

TEST(judge, passes_what_holds) {
    auto const found =
        judge(a_rule([](world& at) { static_cast<void>(at.place()); }), in_memory(), {});
    EXPECT_EQ(found.what, outcome::passed);
    EXPECT_EQ(found.seen, "");
    EXPECT_EQ(found.repeat, "");
}

TEST(judge, fails_what_is_broken_and_says_how_to_see_it_again) {
    auto const found = judge(a_rule([](world&) { expect(false, "nothing came"); }),
                             simulated(stack::tls), {.role = initiator::server, .seed = 7});
    EXPECT_EQ(found.what, outcome::failed);
    EXPECT_EQ(found.seen, "nothing came");
    EXPECT_EQ(found.repeat, "TST-01 on tls, direct, server calls, seed 7, quick, virtual time");
}

TEST(judge, fails_what_throws) {
    auto const found =
        judge(a_rule([](world&) { throw std::runtime_error("oh"); }), in_memory(), {});
    EXPECT_EQ(found.what, outcome::failed);
    EXPECT_EQ(found.seen, "an exception: oh");
}

std::size_t asked_for(volume size, transport::delivery_shape shape, std::string_view what) {
    rule stating = a_rule([](world&) {});
    stating.volumes = {"a test", {{"calls", 10, 170}, {"bytes apart", 33, 1}}};
    auto const where = in_memory();
    world at(where, {.shape = shape, .size = size}, &stating);
    return at.amount(what);
}

TEST(world, gives_what_the_rule_states_and_byte_by_byte_less_of_it) {
    using transport::delivery_shape;
    EXPECT_EQ(asked_for(volume::quick, delivery_shape::direct, "calls"), 10U);
    EXPECT_EQ(asked_for(volume::quick, delivery_shape::one_byte, "calls"), 10U);
    EXPECT_EQ(asked_for(volume::full, delivery_shape::direct, "calls"), 170U);
    EXPECT_EQ(asked_for(volume::full, delivery_shape::short_writes, "calls"), 170U);
    EXPECT_EQ(asked_for(volume::full, delivery_shape::one_byte, "calls"), 20U);
    EXPECT_EQ(asked_for(volume::full, delivery_shape::one_byte, "bytes apart"), 31U);
    EXPECT_THROW(static_cast<void>(asked_for(volume::full, delivery_shape::direct, "rounds")),
                 std::logic_error);
    EXPECT_THROW(static_cast<void>(asked_for(volume::full, delivery_shape::direct, "")),
                 std::logic_error);
}

TEST(world, tells_whether_a_rule_did_all_that_it_states) {
    rule stating = a_rule([](world&) {});
    stating.volumes = {"a test", {{"calls", 1, 2}, {"rounds", 1, 2}}};
    auto const where = in_memory();
    world at(where, {}, &stating);
    EXPECT_EQ(at.amount("rounds"), 1U);
    EXPECT_FALSE(at.was_asked_for_all());
    EXPECT_EQ(at.amount("calls"), 1U);
    EXPECT_TRUE(at.was_asked_for_all());
    EXPECT_TRUE(world(where, {}).was_asked_for_all());
}

TEST(judge, fails_what_leaves_a_timer_behind) {
    auto const found = judge(a_rule([](world& at) {
                                 // Its own work keeps it until the loop goes.
                                 auto const kept =
                                     std::make_shared<std::unique_ptr<transport::timer>>();
                                 *kept = at.loop().after(9h, [kept] {});
                             }),
                             in_memory(), {});
    EXPECT_EQ(found.what, outcome::failed);
    EXPECT_EQ(found.seen, "left behind: 1 timers and deliveries");
}

TEST(judge, fails_what_leaves_a_client_behind) {
    auto const found = judge(a_rule([](world& at) {
                                 static std::optional<peer> kept;
                                 auto const server = at.a_server().start().value();
                                 kept = at.a_client().connect().value();
                             }),
                             in_memory(), {});
    EXPECT_EQ(found.seen, "left behind: 1 clients and servers");
}

TEST(judge, fails_what_leaves_a_descriptor_behind) {
    auto const found = judge(a_rule([](world&) {
                                 static std::vector<transport::file_descriptor> kept;
                                 kept.emplace_back(::dup(STDERR_FILENO));
                             }),
                             in_memory(), {});
    EXPECT_EQ(found.seen, "left behind: 1 descriptors");
}

// A thread that waits until the program ends.
std::jthread waits_for_ever() {
    return std::jthread([](std::stop_token const& end) {
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any().wait(lock, end, [] { return false; });
    });
}

TEST(judge, fails_what_leaves_threads_behind) {
    auto const found = judge(a_rule([](world&) {
                                 static std::vector<std::jthread> kept;
                                 kept.push_back(waits_for_ever());
                             }),
                             in_memory(), {});
    EXPECT_EQ(found.seen, "left behind: 1 threads by each run");
}

TEST(judge, passes_what_begins_a_thread_once) {
    auto const found = judge(
        a_rule([](world&) { static std::jthread const kept = waits_for_ever(); }), in_memory(), {});
    EXPECT_EQ(found.what, outcome::passed) << found.seen;
}

// Nothing is too little, nor kept by the heap for the thread that has freed it.
TEST(judge, fails_what_leaves_bytes_behind) {
    static std::list<char> kept;
    static std::size_t runs = 0;
    rule const leaving = a_rule([](world&) {
        kept.push_back('x');
        ++runs;
    });
    auto const found = judge(leaving, in_memory(), {});
    // A sanitizer looks for bytes itself, at the end of the program.
    EXPECT_EQ(found.seen, heap_is_sanitized ? "" : "left behind: 32 bytes of the heap by each run");
    EXPECT_EQ(runs, heap_is_sanitized ? 1 : 1 + repetitions);
    EXPECT_EQ(judge(leaving, in_memory(), {.size = volume::full}).what, outcome::passed);
    rule elsewhere = leaving;
    elsewhere.uses = needs::other_threads;
    EXPECT_EQ(judge(elsewhere, in_memory(), {}).what, outcome::passed);
}

TEST(judge, passes_what_keeps_bytes_once) {
    static std::size_t runs = 0;
    auto const found = judge(a_rule([](world&) {
                                 static std::vector<char> const kept(10'000);
                                 ++runs;
                             }),
                             in_memory(), {});
    EXPECT_EQ(found.what, outcome::passed) << found.seen;
    EXPECT_LE(runs, repetitions);
}

TEST(judge, fails_what_keeps_the_loop_busy_for_ever) {
    auto const found = judge(a_rule([](world& at) {
                                 auto& loop = at.loop();
                                 std::function<void()> spin = [&] { loop.post(spin); };
                                 loop.post(spin);
                                 expect(at.comes_true([] { return false; }), "it did not come");
                             }),
                             in_memory(), {.limits = {.steps = 1000}});
    EXPECT_EQ(found.what, outcome::failed);
    EXPECT_EQ(found.seen, "the transport keeps the loop busy: 1000 steps without an end");
}

TEST(judge, fails_what_takes_too_long_in_real_time) {
    auto const found = judge(
        a_rule([](world& at) { expect(at.comes_true([] { return false; }), "it did not come"); }),
        socket_subjects().front(), {.virtual_time = false, .limits = {.time = 10ms}});
    EXPECT_EQ(found.what, outcome::failed);
    EXPECT_EQ(found.seen, "the run has not come to its end within 10 ms");
}

TEST(judge, fails_what_passes_on_a_loop_that_was_broken_off) {
    auto const found = judge(a_rule([](world& at) {
                                 auto& loop = at.loop();
                                 std::function<void()> spin = [&] { loop.post(spin); };
                                 loop.post(spin);
                                 at.let_pass(1s);  // nothing bad was seen
                             }),
                             in_memory(), {.limits = {.steps = 1000}});
    EXPECT_EQ(found.what, outcome::failed);
}

TEST(judge, does_not_run_what_means_nothing) {
    auto const never_run = [](world&) { ADD_FAILURE(); };
    auto const found = judge(a_rule(never_run, needs::secure), simulated(stack::plain), {});
    EXPECT_EQ(found.what, outcome::not_applicable);
    EXPECT_EQ(found.seen, "the transport does not encrypt");
    EXPECT_EQ(
        judge(a_rule(never_run, needs::virtual_time), in_memory(), {.virtual_time = false}).what,
        outcome::not_applicable);
}

TEST(judge, believes_a_rule_that_finds_out_that_it_means_nothing) {
    auto const found =
        judge(a_rule([](world& at) { static_cast<void>(at.disturb()); }), in_memory(), {});
    EXPECT_EQ(found.what, outcome::not_applicable);
}

TEST(judge, tries_all_shapes_and_roles_that_differ) {
    auto const nothing = [](world&) {};
    subject const plain = simulated(stack::plain);
    EXPECT_EQ(runs_of(a_rule(nothing), plain, {}).size(), 12U);
    EXPECT_EQ(runs_of(a_rule(nothing, needs::one_role), plain, {}).size(), 6U);
    EXPECT_EQ(runs_of(a_rule(nothing, needs::one_shape), plain, {}).size(), 2U);
    EXPECT_EQ(runs_of(a_rule(nothing), in_memory(), {}).size(), 2U);
}

// What is not applicable is skipped, so that a rule which were so everywhere would go unseen.
class applicability : public ::testing::TestWithParam<rule> {};
INSTANTIATE_TEST_SUITE_P(rules, applicability,
                         ::testing::ValuesIn(all_rules().begin(), all_rules().end()),
                         [](auto const& of) {
                             std::string name(of.param.id);
                             name[3] = '_';
                             return name;
                         });

TEST_P(applicability, is_given_somewhere) {
    auto const passes = [](std::vector<subject> const& on, bool virtual_time) {
        for (subject const& each : on) {
            for (auto const& how : runs_of(GetParam(), each, {.virtual_time = virtual_time})) {
                if (judge(GetParam(), each, how).what == outcome::passed) {
                    return true;
                }
            }
        }
        return false;
    };
    EXPECT_TRUE(passes(simulated_subjects(), true) || passes(socket_subjects(), false));
}

}  // namespace
}  // namespace trunkline::conformance
