#include <trunkline/conformance/run/main.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/conformance/simulated.hpp>
#include <trunkline/conformance/wrong/wrong.hpp>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conformance {
namespace {

struct ended {
    int code = 0;
    std::string out;
    std::string err;

    [[nodiscard]] boost::json::object json() const { return boost::json::parse(out).as_object(); }
};

// As a shell would start it: the line is a program and its arguments, up to a comment.
ended typed(std::string_view line, std::vector<subject> const& subjects) {
    std::istringstream words{std::string(line.substr(0, line.find(" #")))};
    std::vector<std::string> const arguments{std::istream_iterator<std::string>(words), {}};
    std::ostringstream out;
    std::ostringstream err;
    int const code = run_main(arguments, subjects, out, err);
    return {code, out.str(), err.str()};
}

ended on_ours(std::string_view flags) {
    return typed("kit " + std::string(flags), simulated_subjects());
}

std::int64_t number(boost::json::object const& report, std::string_view name) {
    return report.at("totals").at(name).to_number<std::int64_t>();
}

TEST(main, runs_one_rule_alone) {
    auto const done =
        on_ours("--rule FLO-03 --transport ws --shape one_byte --seed 7 --report json");
    EXPECT_EQ(done.code, exit_holds) << done.err;
    auto const report = done.json();
    EXPECT_EQ(number(report, "passed"), 1);
    EXPECT_EQ(number(report, "failed"), 0);
    for (auto const& each : report.at("results").as_array()) {
        auto const& runs = each.at("runs").as_array();
        ASSERT_EQ(runs.size(), each.at("rule") == "FLO-03" ? 2U : 0U);
        for (auto const& one : runs) {
            EXPECT_EQ(one.at("shape"), "one_byte");
            EXPECT_EQ(one.at("seed").to_number<int>(), 7);
        }
    }
}

TEST(main, runs_the_families_and_roles_that_are_chosen) {
    auto const done = on_ours(
        "--rule CAN --rule EST-01 --transport memory --client-only "
        "--report json");
    EXPECT_EQ(done.code, exit_holds) << done.out;
    auto const report = done.json();
    for (auto const& each : report.at("results").as_array()) {
        bool const is_chosen = each.at("family") == "CAN" || each.at("rule") == "EST-01";
        EXPECT_EQ(each.at("outcome") != "skipped", is_chosen) << each.at("rule");
        for (auto const& one : each.at("runs").as_array()) {
            EXPECT_EQ(one.at("role"), "client");
        }
    }
}

TEST(main, lists_rules_and_transports) {
    auto const done = on_ours("--list --rule FLO-03");
    EXPECT_EQ(done.code, exit_holds);
    EXPECT_TRUE(done.out.starts_with("FLO-03  must  A stalled stream")) << done.out;
    EXPECT_NE(done.out.find("\nwss  virtual time, all shapes\n"), std::string::npos) << done.out;
    EXPECT_EQ(done.out.find("EST-01"), std::string::npos);
}

TEST(main, refuses_what_makes_no_sense) {
    for (char const* const flags :
         {"--rule FLO-99", "--rule FL", "--transport pigeon", "--shape round", "--role both",
          "--seed x", "--volume loud", "--tries 0", "--report pdf", "--report json=", "--pigeon",
          "more", "--client-only --server-only", "--known-failures /nowhere/known.txt",
          "--rule EST-01 --transport memory --report json=/nowhere/report.json"}) {
        auto const done = on_ours(flags);
        EXPECT_EQ(done.code, exit_usage) << flags << done.out;
        EXPECT_TRUE(done.err.starts_with("kit: ")) << flags << ": " << done.err;
    }
}

TEST(main, tells_when_nothing_was_run) {
    EXPECT_EQ(on_ours("--rule SEC-01 --transport plain").code, exit_nothing);
    EXPECT_EQ(on_ours("--rule EST-01 --transport memory --shape delayed").code, exit_nothing);
}

TEST(main, tells_its_flags) {
    auto const done = on_ours("--help");
    EXPECT_EQ(done.code, exit_holds);
    for (char const* const flag : {"--rule", "--known-failures", "--announce"}) {
        EXPECT_NE(done.out.find(flag), std::string::npos) << flag;
    }
}

// A fixed fault, so that each run fails for itself.
std::vector<subject> wrong_ones() {
    std::vector<subject> found;
    for (wrong_transport& each : wrong_transports()) {
        if (each.fault == "takes any URL") {
            found.push_back(each.under_test);
        }
    }
    return found;
}

// Whatever a run says that failed, the line that repeats it makes that run alone, and it fails
// alike.
TEST(main, repeats_a_failure_by_the_line_it_gave) {
    auto const subjects = wrong_ones();
    ASSERT_EQ(subjects.size(), 1U);
    auto const all = typed("kit --seed 11 --rule EST --report json", subjects);
    ASSERT_EQ(all.code, exit_broken);
    std::size_t repeated = 0;
    auto const first = all.json();
    for (auto const& each : first.at("results").as_array()) {
        for (auto const& one : each.at("runs").as_array()) {
            if (one.at("outcome") != "failed") {
                continue;
            }
            std::string_view const line = one.at("repeat").as_string();
            auto const again =
                typed(std::string(line.substr(0, line.find(" #"))) + " --report json", subjects);
            EXPECT_EQ(again.code, exit_broken) << line;
            std::size_t made = 0;
            auto const second = again.json();
            for (auto const& other : second.at("results").as_array()) {
                for (auto const& run : other.at("runs").as_array()) {
                    ++made;
                    EXPECT_EQ(other.at("rule"), each.at("rule"));
                    for (char const* const field :
                         {"outcome", "seen", "shape", "role", "seed", "volume", "time"}) {
                        EXPECT_EQ(run.at(field), one.at(field)) << field << " of " << line;
                    }
                }
            }
            EXPECT_EQ(made, 1U);
            ++repeated;
        }
    }
    EXPECT_GE(repeated, 1U);
}

TEST(main, follows_a_list_of_known_failures) {
    scratch_folder const folder;
    auto const file = (folder / "known.txt").string();
    auto const subjects = wrong_ones();
    std::string const line = "kit --rule EST-08 --known-failures " + file;
    std::ofstream(file) << "EST-08 " << subjects.front().name << "  # the far end looks\n";
    auto const known = typed(line, subjects);
    EXPECT_EQ(known.code, exit_holds) << known.out;
    EXPECT_NE(known.out.find("failed 1 (1 known)"), std::string::npos) << known.out;

    std::ofstream(file, std::ios::app) << "EST-01 " << subjects.front().name << "  # not so\n";
    auto const stale = typed(line + " --rule EST-01", subjects);
    EXPECT_EQ(stale.code, exit_broken);
    EXPECT_NE(stale.out.find(file + ":2: EST-01 " + subjects.front().name +
                             ": it passes; remove the line"),
              std::string::npos)
        << stale.out;

    std::ofstream(file, std::ios::app) << "EST-99 x # y\n";
    auto const bad = typed(line, subjects);
    EXPECT_EQ(bad.code, exit_usage);
    EXPECT_EQ(bad.err, "kit: " + file + ":3: there is no rule EST-99\n");
}

TEST(main, disturbs_links_and_says_how_to_do_so_again) {
    std::string const flags =
        "--transport plain --rule EST-01 --shape direct --role client --seed 1 --volume quick";
    EXPECT_EQ(on_ours(flags).code, exit_holds);
    std::string const disturbed = flags + " --faults 030100";
    auto const done = on_ours(disturbed);
    EXPECT_EQ(done.code, exit_broken) << done.err;
    EXPECT_NE(done.out.find("kit " + disturbed), std::string::npos) << done.out;
    auto const refused = on_ours(flags + " --faults 0301");
    EXPECT_EQ(refused.code, exit_usage);
    EXPECT_NE(refused.err.find("three bytes"), std::string::npos) << refused.err;
}

TEST(main, announces_runs) {
    auto const done = on_ours("--rule EST-01 --transport memory --announce");
    EXPECT_TRUE(done.err.starts_with("kit --transport memory --rule EST-01 --shape direct"))
        << done.err;
}

}  // namespace
}  // namespace trunkline::conformance
