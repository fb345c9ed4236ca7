#include <trunkline/conformance/run/worker.hpp>

#include <trunkline/base/sanitizers.hpp>
#include <trunkline/conformance/run/main.hpp>
#include <trunkline/conformance/run/runner.hpp>
#include <trunkline/conformance/simulated.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;

rule ending_rule(std::string_view id, void (*check)(world&)) {
    return {id, level::must, "A test.", "The test.", needs::one_shape | needs::one_role, check};
}

void comes_true(world& at) {
    static_cast<void>(at.place());
}
void dies(world&) {
    std::signal(SIGABRT, SIG_DFL);
    std::abort();
}
void loops(world&) {
    for (std::atomic<unsigned> turn = 0;;) {
        ++turn;
    }
}
void exits(world&) {
    ::_exit(7);
}
void comes_not(world&) {
    throw rule_broken{"nothing came"};
}

class worker_runs : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(worker::is_possible(), !TRUNKLINE_THREAD_SANITIZER);
        if (TRUNKLINE_THREAD_SANITIZER) {
            GTEST_SKIP() << "ThreadSanitizer has a thread of its own: nothing can be copied";
        }
    }

    verdict judge(void (*check)(world&)) {
        rules_.push_back(std::make_unique<rule>(ending_rule("TST-01", check)));
        worker apart;
        return apart.judge(*rules_.back(), where_, {.limits = {.time = 50ms}});
    }

    subject where_ = in_memory();
    std::vector<std::unique_ptr<rule>> rules_;
};

TEST_F(worker_runs, what_holds_passes) {
    EXPECT_EQ(judge(comes_true).what, outcome::passed);
}

TEST_F(worker_runs, what_is_broken_says_what_was_seen_and_how_to_see_it_again) {
    auto const found = judge(comes_not);
    EXPECT_EQ(found.what, outcome::failed);
    EXPECT_EQ(found.seen, "nothing came");
    EXPECT_EQ(found.repeat, "TST-01 on memory, direct, client calls, seed 1, quick, virtual time");
}

TEST_F(worker_runs, a_crash_is_a_verdict_that_names_the_signal) {
    auto const found = judge(dies);
    EXPECT_EQ(found.what, outcome::failed);
    EXPECT_EQ(found.seen, "the process of the run was ended by signal 6 (Aborted)");
    EXPECT_EQ(found.repeat, "TST-01 on memory, direct, client calls, seed 1, quick, virtual time");
}

TEST_F(worker_runs, a_hang_is_a_verdict_that_names_the_limit) {
    auto const found = judge(loops);
    EXPECT_EQ(found.what, outcome::failed);
    EXPECT_EQ(found.seen, "the run had not come to its end after 100 ms");
}

TEST_F(worker_runs, an_exit_is_a_verdict_that_names_the_code) {
    auto const found = judge(exits);
    EXPECT_EQ(found.what, outcome::failed);
    EXPECT_EQ(found.seen, "the process of the run ended with code 7");
}

// Of the process that made the run before.
pid_t made_by = 0;
void notes_its_process(world&) {
    expect(made_by != ::getpid(), "the same process");
    made_by = ::getpid();
}

TEST_F(worker_runs, one_process_makes_many_runs) {
    auto const what = ending_rule("TST-01", notes_its_process);
    worker apart;
    EXPECT_EQ(apart.judge(what, where_, {}).what, outcome::passed);
    EXPECT_EQ(apart.judge(what, where_, {}).seen, "the same process");
    EXPECT_EQ(apart.end(), "");
    EXPECT_EQ(apart.judge(what, where_, {}).what, outcome::passed) << "another process";
    EXPECT_EQ(made_by, 0) << "and not this one";
}

TEST_F(worker_runs, a_process_that_ends_out_of_order_is_told_of) {
    auto const what =
        ending_rule("TST-01", [](world&) { static_cast<void>(std::atexit([] { ::_exit(23); })); });
    worker apart;
    EXPECT_EQ(apart.judge(what, where_, {}).what, outcome::passed);
    EXPECT_EQ(apart.end(), "ended with code 23");
}

TEST_F(worker_runs, what_comes_behind_a_death_is_run_all_the_same) {
    std::array const rules{ending_rule("TST-01", comes_true), ending_rule("TST-02", dies),
                           ending_rule("TST-03", comes_true), ending_rule("TST-04", loops),
                           ending_rule("TST-05", exits),      ending_rule("TST-06", comes_true)};
    std::vector<subject> const where{in_memory()};
    worker apart;
    run_request request{.subjects = where, .rules = rules, .chosen = {}, .known = {}};
    request.chosen.run_time = 500ms;
    request.judged_by = [&](rule const& what, subject const& of, world_options const& how) {
        return apart.judge(what, of, how);
    };
    auto const report = run(request);
    std::vector<outcome> came;
    for (record const& each : report.records) {
        came.push_back(each.found.what);
    }
    EXPECT_EQ(came, (std::vector{outcome::passed, outcome::failed, outcome::passed, outcome::failed,
                                 outcome::failed, outcome::passed}));
    EXPECT_TRUE(report.records[1].found.repeat.starts_with("trunkline_conformance --transport"));
}

TEST_F(worker_runs, a_whole_program_tells_of_a_transport_that_crashes) {
    subject crashing = in_memory();
    crashing.name = "crashing";
    crashing.make = [](place const&) -> std::unique_ptr<fixture> {
        std::signal(SIGABRT, SIG_DFL);
        std::abort();
    };
    std::vector<std::string> const words{"here", "--rule", "EST-01", "--role", "client"};
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(run_main(words, {crashing, in_memory()}, out, err), exit_broken);
    EXPECT_NE(out.str().find("signal 6"), std::string::npos) << out.str();
    EXPECT_NE(out.str().find("passed 1, failed 1"), std::string::npos) << out.str();
}

}  // namespace
}  // namespace trunkline::conformance
