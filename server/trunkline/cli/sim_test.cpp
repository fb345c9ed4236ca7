// trunkline sim, as its user runs it.
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/test_support/child_process.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

test_support::finished sim(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {TRUNKLINE_PROGRAM, "sim"});
    return test_support::run_program(flags);
}

TEST(sim_command, tells_what_came_of_a_seed) {
    auto const left = sim({"--seed", "3"});
    EXPECT_EQ(left.exit_code, exit_success);
    EXPECT_TRUE(left.output.starts_with("seed 3: all holds; ")) << left.output;
    EXPECT_EQ(sim({"--seed", "3"}).output, left.output);
    EXPECT_EQ(left.error, "");
}

TEST(sim_command, tells_the_story) {
    auto const left = sim({"--seed", "3", "--trace"});
    EXPECT_EQ(left.exit_code, exit_success);
    EXPECT_NE(left.output.find("client1    arrives at "), std::string::npos) << left.output;
    EXPECT_NE(left.output.find("\nseed 3: all holds; "), std::string::npos);
}

TEST(sim_command, runs_many) {
    auto const left = sim({"--seeds", "1..5"});
    EXPECT_EQ(left.exit_code, exit_success);
    EXPECT_TRUE(left.output.starts_with("5 seeds, 0 broken; events per seed: mean "))
        << left.output;
    auto const hashes = sim({"--seeds", "4..5", "--hashes"}).output;
    EXPECT_EQ(hashes,
              sim({"--seed", "4", "--hashes"}).output + sim({"--seed", "5", "--hashes"}).output);
}

TEST(sim_command, refuses_what_is_no_range) {
    for (std::string const range :
         {"5", "5..4", "a..b", "1..2x", "..", "-1..2",
          "9223372036854775808..9223372036854775808"}) {  // no seed that --seed takes
        auto const left = sim({"--seeds=" + range});
        EXPECT_EQ(left.exit_code, exit_usage) << range;
        EXPECT_NE(left.error.find("--seeds wants a range"), std::string::npos) << left.error;
    }
    EXPECT_EQ(sim({"--seeds="}).exit_code, exit_usage);
    EXPECT_EQ(sim({"--seeds", "1..2", "--trace"}).exit_code, exit_usage);
    EXPECT_EQ(sim({"--seeds", "1..2", "--seed", "3"}).exit_code, exit_usage);
}

}  // namespace
}  // namespace trunkline::cli
