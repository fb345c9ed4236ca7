// The page about commands on stores: everything that it says to run is run, and what it lists is
// what the program has.
#include <trunkline/base/format_page.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/command_tree.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/test_support/child_process.hpp>
#include <trunkline/test_support/running_server.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

struct store_commands_page : ::testing::Test {
    format_page page{TRUNKLINE_SOURCE_DIR "/docs/store-commands.md"};
    command_words program = program_words(all_commands());

    /// What stands between ```sh and ```, one block after the other.
    [[nodiscard]] std::vector<std::string> blocks() const {
        std::istringstream lines(page.text());
        std::vector<std::string> found;
        bool is_inside = false;
        for (std::string line; std::getline(lines, line);) {
            if (line == "```sh") {
                found.emplace_back();
                is_inside = true;
            } else if (line == "```") {
                is_inside = false;
            } else if (is_inside) {
                found.back() += line + "\n";
            }
        }
        return found;
    }

    /// The rows of the first table whose head begins with `name`.
    [[nodiscard]] std::vector<std::string> first_cells(std::string const& name) const {
        std::istringstream lines(page.text());
        std::vector<std::string> cells;
        bool is_inside = false;
        for (std::string line; std::getline(lines, line);) {
            is_inside = is_inside ? line.starts_with("|") : line.starts_with("| " + name + " |");
            if (is_inside && line.starts_with("| `")) {
                cells.push_back(line.substr(3, line.find('`', 3) - 3));
            }
        }
        return cells;
    }
};

TEST_F(store_commands_page, shows_commands_that_run) {
    scratch_folder const folder;
    test_support::running_server const server(TRUNKLINE_PROGRAM, (folder / "served.bin").string());
    std::string script = "set -euo pipefail\ncd \"$1\"\nPATH=\"$2:$PATH\"\n";
    for (std::string const& each : blocks()) {
        script += each;
    }
    std::string const shown = "127.0.0.1:8080";
    ASSERT_NE(script.find(shown), script.npos);
    for (auto at = script.find(shown); at != script.npos; at = script.find(shown, at)) {
        script.replace(at, shown.size(), server.address());
    }
    auto const left = test_support::run_program(
        {"/bin/bash", "-c", script, "bash", folder.path().string(),
         std::filesystem::path(TRUNKLINE_PROGRAM).parent_path().string()});
    EXPECT_EQ(left.exit_code, 0) << left.error;
    EXPECT_EQ(left.error, "");
    auto const at = "ws://" + server.address() + "/ws";
    EXPECT_EQ(left.output, "hello, worldthere\n" + at +
                               "\n  size                    32\n  live keys               1\n"
                               "  empty                   no\n1\n"
                               "red\tff0000\ngreen\t00ff00\ngreen\t00ff00\nred\tff0000\n"
                               "{\"entries\":2,\"tail\":90}\n");
    auto const copy = store::store::open(folder / "copy.bin").value();
    EXPECT_EQ(as_text(copy->read(as_bytes("green"))->bytes), "00ff00");
    auto const colours = store::store::open(folder / "colours.bin").value();
    EXPECT_EQ(as_text(colours->read(as_bytes("photo"))->bytes), "hello, world");
}

TEST_F(store_commands_page, shows_each_command_and_runs_it) {
    std::string all;
    for (std::string const& each : blocks()) {
        all += each;
    }
    for (std::string const& cell : first_cells("command")) {
        auto const name = cell.substr(0, cell.find(' '));
        EXPECT_NE(all.find("trunkline " + name + " "), all.npos) << name;
    }
}

TEST_F(store_commands_page, lists_the_commands_and_flags_of_stores) {
    std::set<std::string> commands;
    std::set<std::string> flags;
    for (command_words const& each : program.commands) {
        auto const has = [&](std::string_view name) {
            return std::ranges::any_of(
                each.options, [&](option_words const& one) { return one.names.back() == name; });
        };
        bool const is_of_stores = has("--url") && has("--file");
        if (!is_of_stores) {
            continue;
        }
        commands.insert(each.name);
        for (option_words const& one : each.options) {
            flags.insert(one.names.back());
        }
    }
    std::set<std::string> named;
    for (std::string const& cell : first_cells("command")) {
        named.insert(cell.substr(0, cell.find(' ')));
    }
    EXPECT_EQ(named, commands);
    for (std::string const& flag : flags) {
        bool const is_elsewhere = flag == "--help" || flag == "--version" || flag == "--alignment";
        EXPECT_TRUE(is_elsewhere || page.text().find("`" + flag) != page.text().npos) << flag;
    }
}

TEST_F(store_commands_page, lists_exit_codes_that_there_are) {
    std::set<std::string> codes;
    for (auto const& row : page.table("Exit codes").rows) {
        codes.insert(row.front());
    }
    std::set<std::string> ours{"code"};
    for (int const code :
         {exit_success, exit_failure, exit_usage, exit_store, exit_absent, exit_connect}) {
        ours.insert(std::to_string(code));
    }
    EXPECT_EQ(codes, ours);
}

}  // namespace
}  // namespace trunkline::cli
