#include <trunkline/conformance/run/runner.hpp>

#include <trunkline/conformance/simulated.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace trunkline::conformance {
namespace {

using transport::delivery_shape;

void holds(world&) {}
void is_broken(world&) {
    expect(false, "nothing came");
}
// In one of the six shapes, for both roles.
void is_broken_byte_by_byte(world& at) {
    expect(at.options().shape != delivery_shape::one_byte, "a byte was lost");
}
// Each time it is run with a seed for the first time.
void is_broken_at_first(world& at) {
    static std::set<std::uint64_t> seen;
    expect(!seen.insert(at.options().seed).second, "the first one is lost");
}

rule a_rule(char const* id, void (*check)(world&), needs uses = needs::nothing,
            level binding = level::must) {
    return {id, binding, "A test.", "The test.", uses, check};
}

class runner : public ::testing::Test {
protected:
    run_report made() const {
        return run({.subjects = subjects,
                    .rules = rules,
                    .chosen = chosen,
                    .known = known,
                    .program = "kit",
                    .starting = {}});
    }
    rule_result only_result(run_report const& of) const {
        auto const all = of.results();
        EXPECT_EQ(all.size(), 1U);
        return all.front();
    }
    void know(std::string id, std::optional<delivery_shape> shape = {}) {
        known.push_back({"known.txt", known.size() + 1, std::move(id), "plain", shape, "so it is"});
    }

    std::vector<subject> subjects{simulated(stack::plain)};
    std::vector<rule> rules;
    selection chosen;
    std::vector<known_failure> known;
};

TEST_F(runner, makes_every_run_of_a_rule) {
    rules = {a_rule("TST-01", holds)};
    chosen.seeds = {3, 4};
    auto const report = made();
    EXPECT_EQ(report.runs(), 24U);
    EXPECT_EQ(report.records.size(), 24U);
    auto const one = only_result(report);
    EXPECT_EQ(one.came, outcome::passed);
    EXPECT_EQ(one.transport, "plain");
    EXPECT_TRUE(report.holds());
    EXPECT_EQ(report.records[0].how->seed, 3U);
    EXPECT_EQ(report.records[1].how->seed, 4U);
    EXPECT_EQ(report.records[0].tries, 1U);
    EXPECT_EQ(report.records[0].found.repeat, "");
}

TEST_F(runner, says_how_a_failure_is_repeated) {
    rules = {a_rule("TST-01", is_broken_byte_by_byte)};
    chosen.roles = {initiator::server};
    chosen.seeds = {7};
    chosen.size = volume::full;
    auto const report = made();
    EXPECT_FALSE(report.holds());
    auto const one = only_result(report);
    EXPECT_EQ(one.came, outcome::failed);
    EXPECT_EQ(one.alike, 1U);
    EXPECT_EQ(one.runs.size(), 6U);
    EXPECT_EQ(one.first->found.seen, "a byte was lost");
    EXPECT_TRUE(one.first->found.repeat.starts_with(
        "kit --transport plain --rule TST-01 --shape one_byte --role server --seed 7 "
        "--volume full  # trunkline "))
        << one.first->found.repeat;
}

TEST_F(runner, runs_again_what_fails_where_that_was_asked_for) {
    rules = {a_rule("TST-01", is_broken_at_first, needs::one_role | needs::one_shape)};
    chosen.seeds = {101};
    EXPECT_EQ(only_result(made()).came, outcome::failed);
    chosen.seeds = {102};
    chosen.tries = 3;
    auto const report = made();
    auto const one = only_result(report);
    EXPECT_EQ(one.came, outcome::flaky);
    EXPECT_EQ(one.first->tries, 2U);
    EXPECT_EQ(one.first->found.seen, "the first one is lost");
    EXPECT_NE(one.first->found.repeat, "");
    EXPECT_TRUE(report.holds());
    EXPECT_EQ(count(report.results()).flaky, 1U);
    EXPECT_EQ(count(report.results()).passed, 0U);
}

TEST_F(runner, gives_up_after_the_last_try) {
    rules = {a_rule("TST-01", is_broken, needs::one_role | needs::one_shape)};
    chosen.tries = 3;
    auto const report = made();
    EXPECT_EQ(only_result(report).came, outcome::failed);
    EXPECT_EQ(report.runs(), 3U);
}

TEST_F(runner, skips_what_is_not_chosen) {
    subjects.push_back(in_memory());
    rules = {a_rule("ONE-01", holds), a_rule("ONE-02", holds), a_rule("TWO-01", holds)};
    chosen.transports = {"plain"};
    chosen.rules = {"ONE"};
    auto const report = made();
    totals const sum = count(report.results());
    EXPECT_EQ(sum.passed, 2U);
    EXPECT_EQ(sum.skipped, 1U);
    chosen.rules = {"ONE-02", "TWO-01"};
    EXPECT_EQ(count(made().results()).passed, 2U);
    chosen.rules = {"ONE-0"};  // no family
    EXPECT_EQ(count(made().results()).passed, 0U);
}

TEST_F(runner, skips_a_rule_that_has_no_chosen_run) {
    rules = {a_rule("TST-01", is_broken, needs::one_shape)};
    chosen.shapes = {delivery_shape::delayed};
    auto const report = made();
    EXPECT_EQ(only_result(report).came, outcome::skipped);
    EXPECT_EQ(only_result(report).first->found.seen, "no run in the chosen shapes and roles");
}

TEST_F(runner, begins_nothing_after_a_limit) {
    rules = {a_rule("TST-01", is_broken), a_rule("TST-02", holds)};
    chosen.failures = 2;
    auto const report = made();
    EXPECT_EQ(report.runs(), 2U);
    totals const sum = count(report.results());
    EXPECT_EQ(sum.failed, 1U);
    EXPECT_EQ(sum.skipped, 1U);
    EXPECT_EQ(report.records.back().found.seen, "enough runs had failed");
    chosen.failures.reset();
    chosen.time = std::chrono::milliseconds(0);
    auto const late = made();
    EXPECT_EQ(late.runs(), 0U);
    EXPECT_EQ(late.records.back().found.seen, "the time was up");
}

TEST_F(runner, counts_what_means_nothing_apart) {
    rules = {a_rule("TST-01", is_broken, needs::secure)};
    auto const report = made();
    EXPECT_EQ(only_result(report).came, outcome::not_applicable);
    EXPECT_EQ(report.records.size(), 1U);
    EXPECT_EQ(report.runs(), 0U);
}

TEST_F(runner, does_not_let_a_rule_block_that_only_should_hold) {
    rules = {a_rule("TST-01", is_broken, needs::nothing, level::should)};
    auto const report = made();
    EXPECT_TRUE(report.holds());
    totals const sum = count(report.results());
    EXPECT_EQ(sum.failed, 1U);
    EXPECT_EQ(sum.should, 1U);
}

TEST_F(runner, lets_fail_what_is_known) {
    rules = {a_rule("TST-01", is_broken_byte_by_byte), a_rule("TST-02", is_broken)};
    know("TST-01");
    know("TST-02");
    auto const report = made();
    EXPECT_TRUE(report.holds());
    totals const sum = count(report.results());
    EXPECT_EQ(sum.failed, 2U);
    EXPECT_EQ(sum.known, 2U);
    EXPECT_EQ(report.records[2].known, "so it is");
}

TEST_F(runner, lets_fail_no_more_than_is_known) {
    rules = {a_rule("TST-01", is_broken)};
    know("TST-01", delivery_shape::one_byte);
    auto const report = made();
    EXPECT_FALSE(report.holds());
    auto const one = only_result(report);
    EXPECT_FALSE(one.known);
    EXPECT_EQ(one.first->how->shape, delivery_shape::direct);
}

TEST_F(runner, does_not_bear_a_known_failure_that_passes) {
    rules = {a_rule("TST-01", holds), a_rule("TST-02", is_broken_byte_by_byte)};
    know("TST-01");
    know("TST-02", delivery_shape::delayed);
    know("TST-02", delivery_shape::one_byte);
    auto const report = made();
    EXPECT_FALSE(report.holds());
    ASSERT_EQ(report.stale.size(), 2U);
    EXPECT_EQ(report.stale[0].message(), "known.txt:1: TST-01 plain: it passes; remove the line");
    EXPECT_EQ(report.stale[1].message(),
              "known.txt:2: TST-02 plain delayed: it passes; remove the line");
}

TEST_F(runner, tells_a_known_failure_that_cannot_be_seen) {
    rules = {a_rule("TST-01", is_broken, needs::secure),
             a_rule("TST-02", is_broken, needs::one_shape)};
    know("TST-01");
    know("TST-02", delivery_shape::one_byte);
    know("TST-02");
    auto const report = made();
    ASSERT_EQ(report.stale.size(), 2U);
    EXPECT_EQ(report.stale[0].why, "it is not applicable");
    EXPECT_EQ(report.stale[1].why, "there is no such run");
}

// A part of the runs says nothing about the others.
TEST_F(runner, judges_no_known_failure_by_a_part_of_its_runs) {
    rules = {a_rule("TST-01", is_broken_byte_by_byte), a_rule("TST-02", holds)};
    know("TST-01");
    chosen.shapes = {delivery_shape::direct};
    EXPECT_TRUE(made().stale.empty());
    chosen.shapes = {};
    chosen.roles = {initiator::client};
    know("TST-02");
    EXPECT_TRUE(made().stale.empty());
    chosen.roles = {};
    chosen.time = std::chrono::milliseconds(0);
    EXPECT_TRUE(made().stale.empty());
}

TEST_F(runner, announces_each_run) {
    rules = {a_rule("TST-01", holds, needs::one_shape)};
    std::vector<std::string> told;
    static_cast<void>(run({.subjects = subjects,
                           .rules = rules,
                           .chosen = {},
                           .known = {},
                           .starting = [&](std::string_view line) { told.emplace_back(line); }}));
    ASSERT_EQ(told.size(), 2U);
    EXPECT_NE(told[0].find("--role client"), std::string::npos);
    EXPECT_NE(told[1].find("--role server"), std::string::npos);
}

}  // namespace
}  // namespace trunkline::conformance
