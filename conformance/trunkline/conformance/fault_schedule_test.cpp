#include <trunkline/conformance/fault_schedule.hpp>

#include <trunkline/conformance/judge.hpp>
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/simulated.hpp>
#include <trunkline/conformance/world.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;

TEST(fault_schedule, any_bytes_are_one_and_hex_gives_it_again) {
    std::array<std::uint8_t, 8> const bytes{0x80, 1, 2, 0x01, 255, 255, 0x7f, 3};
    fault_schedule const made(bytes);
    EXPECT_EQ(made.hex(), "80010201ffff") << "what is left of three is left out";
    EXPECT_EQ(fault_schedule::from_hex(made.hex())->hex(), made.hex());
    auto const all = made.faults();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].what, fault_kind::delay);
    EXPECT_TRUE(all[0].from_dialler);
    EXPECT_EQ(all[0].after, 1ms);
    EXPECT_EQ(all[0].lasts, 3ms);
    EXPECT_EQ(all[1].what, fault_kind::stall);
    EXPECT_FALSE(all[1].from_dialler);
    EXPECT_EQ(all[1].lasts, 256s);
}

TEST(fault_schedule, what_is_no_hex_is_none) {
    for (auto const* const text : {"", "8", "8001", "xyzxyz", "80010", "8001020"}) {
        EXPECT_FALSE(fault_schedule::from_hex(text)) << text;
    }
    std::string const too_many(6 * (fault_schedule::faults_max + 1), '0');
    EXPECT_FALSE(fault_schedule::from_hex(too_many));
    EXPECT_TRUE(fault_schedule::from_hex(too_many.substr(6)));
}

// Links that note what is done to them.
class noted_links final : public faults {
public:
    explicit noted_links(transport::runtime& loop) : loop_(loop), begun_(loop.now()) {}

    void cut() override { note("reset"); }
    void cut_after(bool from_dialler, std::size_t size) override {
        note(std::string(from_dialler ? "dialler " : "acceptor ") +
             (size < 1'000'000 ? "cut after " + std::to_string(size) : "whole"));
    }
    void stall(bool from_dialler, bool on) override {
        note(std::string(from_dialler ? "dialler " : "acceptor ") + (on ? "stalls" : "flows"));
    }
    void shorten(bool from_dialler, bool on) override {
        note(std::string(from_dialler ? "dialler " : "acceptor ") + (on ? "short" : "long"));
    }
    [[nodiscard]] std::uint64_t carried(bool) const override { return 0; }

    std::vector<std::string> seen;

private:
    void note(std::string const& what) {
        auto const at = std::chrono::duration_cast<std::chrono::milliseconds>(loop_.now() - begun_);
        seen.push_back(std::to_string(at.count()) + " " + what);
    }

    transport::runtime& loop_;
    transport::runtime::time_point begun_;
};

TEST(fault_player, plays_each_fault_in_its_time) {
    transport::simulated_runtime loop;
    noted_links links(loop);
    shared_faults shared(links);
    {
        fault_player const plays(loop, shared,
                                 *fault_schedule::from_hex("80010401000182010003020184"
                                                           "0000"));
        loop.run_for(10min);
    }
    EXPECT_EQ(links.seen, (std::vector<std::string>{"1 dialler stalls", "1 acceptor stalls",
                                                    "2 dialler cut after 1", "3 dialler whole",
                                                    "4 reset", "4 dialler short", "5 dialler long",
                                                    "6 dialler flows", "2001 acceptor flows"}));
}

TEST(fault_player, faults_that_overlap_do_not_end_each_other) {
    transport::simulated_runtime loop;
    noted_links links(loop);
    shared_faults shared(links);
    fault_player const plays(loop, shared, *fault_schedule::from_hex("000009000203"));
    loop.run_for(1min);
    EXPECT_EQ(links.seen, (std::vector<std::string>{"0 acceptor stalls", "10 acceptor flows"}));
}

TEST(fault_player, that_goes_leaves_links_that_deliver) {
    transport::simulated_runtime loop;
    noted_links links(loop);
    shared_faults shared(links);
    {
        fault_player const plays(loop, shared, *fault_schedule::from_hex("0100ff"));
        loop.run_for(1s);
        EXPECT_EQ(links.seen, (std::vector<std::string>{"0 acceptor stalls"}));
    }
    EXPECT_EQ(links.seen.at(1), "1000 acceptor flows");
    EXPECT_EQ(loop.pending(), 0U);
}

rule faulted_rule(void (*check)(world&)) {
    return {"TST-01", level::must, "A test.", "The test.", needs::nothing, check};
}

// A call that a reset ends, and one that nothing does.
void a_call_is_answered(world& at) {
    auto builder = at.a_server();
    auto const server = value_of(builder.start(), "starting");
    auto const client = value_of(at.a_client().connect(), "connecting");
    at.let_pass(10ms);
    expect(client.is_connected(), "the connection has gone");
}

TEST(fault_schedule, is_played_on_the_links_of_a_rule) {
    auto const what = faulted_rule(a_call_is_answered);
    EXPECT_EQ(judge(what, simulated(stack::plain), {}).what, outcome::passed);
    world_options how;
    how.disturbed = *fault_schedule::from_hex("030800");
    auto const found = judge(what, simulated(stack::plain), how);
    EXPECT_EQ(found.what, outcome::failed);
    EXPECT_EQ(found.seen, "the connection has gone");
    EXPECT_EQ(found.repeat,
              "TST-01 on plain, direct, client calls, seed 1, quick, virtual time, faults 030800");
}

void a_stall_holds_a_call_up(world& at) {
    auto builder = at.a_server();
    builder.handle(echo, same);
    auto const server = value_of(builder.start(), "starting");
    auto const client = value_of(at.a_client().connect(), "connecting");
    at.disturb().stall(true, true);
    bool answered = false;
    client.async_call(echo, {"x"}, [&](auto const& answer) { answered = answer.has_value(); });
    at.let_pass(100ms);
    expect(!answered, "a call passed a link that was held up");
    at.disturb().stall(true, false);
    expect(at.comes_true([&] { return answered; }), "a call was not answered");
}

// The schedule has one as long as the call waits, and one that ends meanwhile.
TEST(fault_schedule, ends_no_fault_of_the_rule) {
    world_options how;
    for (char const* const stall : {"800a30", "800a02"}) {
        how.disturbed = *fault_schedule::from_hex(stall);
        auto const found =
            judge(faulted_rule(a_stall_holds_a_call_up), simulated(stack::plain), how);
        EXPECT_EQ(found.what, outcome::passed) << found.seen;
    }
}

}  // namespace
}  // namespace trunkline::conformance
