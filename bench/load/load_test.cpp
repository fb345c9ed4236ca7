// The program against `trunkline serve`, as its user runs it.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/test_support/running_server.hpp>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <string>
#include <vector>

namespace trunkline::test_support {
namespace {

class load : public ::testing::Test {
protected:
    /// Runs the program with `flags`; gives what it printed.
    boost::json::object run(std::vector<std::string> const& flags) {
        std::vector<std::string> command{TRUNKLINE_LOAD, "--smoke",
                                         "--port",       std::to_string(server_.port()),
                                         "--server-pid", std::to_string(server_.process().id())};
        command.insert(command.end(), flags.begin(), flags.end());
        finished const ended = run_program(command);
        EXPECT_EQ(ended.exit_code, 0) << ended.output << ended.error;
        return boost::json::parse(ended.output).as_object();
    }

    static void expect_figures(boost::json::object const& of) {
        EXPECT_GE(of.at("requests").to_number<std::uint64_t>(), 100U);
        EXPECT_EQ(of.at("errors").to_number<std::uint64_t>(), 0U);
        for (auto const* name :
             {"requests_per_second", "p50_us", "p99_us", "p99_9_us", "server_private"}) {
            EXPECT_GT(of.at(name).to_number<double>(), 0) << name;
        }
        // The system may count a short time later than it passes.
        for (auto const* name : {"server_cpu_us", "own_cpu_us"}) {
            EXPECT_GE(of.at(name).to_number<double>(), 0) << name;
        }
        EXPECT_LE(of.at("p50_us").to_number<double>(), of.at("p99_us").to_number<double>());
        EXPECT_LE(of.at("p99_us").to_number<double>(), of.at("p99_9_us").to_number<double>());
    }

    scratch_folder folder_;
    running_server server_{TRUNKLINE_PROGRAM,
                           (folder_.path() / "store.bin").string(),
                           {"--threads", "1", "--echo-path", "/echo"}};
};

TEST_F(load, asks_for_everything_there_is) {
    for (auto const* operation : {"write", "read", "exists", "batch-write", "batch-read", "echo"}) {
        SCOPED_TRACE(operation);
        expect_figures(run({"--operation", operation, "--connections", "3", "--depth", "5",
                            "--batch", "20", "--size", "300"}));
    }
}

TEST_F(load, speaks_both_layouts_joined_and_not) {
    for (auto const* layout : {"a", "b"}) {
        expect_figures(run({"--layout", layout, "--packable"}));
        expect_figures(run({"--layout", layout, "--joined", "--depth", "7"}));
    }
}

TEST_F(load, moves_values_that_take_many_frames) {
    for (auto const* operation : {"write", "read", "echo"}) {
        SCOPED_TRACE(operation);
        expect_figures(run(
            {"--operation", operation, "--size", "200000", "--connections", "2", "--depth", "4"}));
    }
}

TEST_F(load, tells_when_calls_fail) {
    std::vector<std::string> const command{
        TRUNKLINE_LOAD, "--smoke",  "--operation", "write",
        "--size",       "17825792", "--depth",     "2",
        "--requests",   "2",        "--port",      std::to_string(server_.port())};
    finished const ended = run_program(command);
    EXPECT_EQ(ended.exit_code, 1) << ended.output;
    EXPECT_NE(ended.output.find("a call failed: "), std::string::npos)
        << ended.output << ended.error;
}

TEST_F(load, tells_when_there_is_no_such_place) {
    std::vector<std::string> const command{TRUNKLINE_LOAD, "--path", "/nowhere", "--port",
                                           std::to_string(server_.port())};
    finished const ended = run_program(command);
    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_NE(ended.error.find("no WebSocket at /nowhere"), std::string::npos) << ended.error;
}

}  // namespace
}  // namespace trunkline::test_support
