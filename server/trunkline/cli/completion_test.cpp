// The completions, as the shells that they are for understand them.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/command_tree.hpp>
#include <trunkline/cli/completion_script.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/test_support/child_process.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

using test_support::finished;
using test_support::run_program;
using lines = std::set<std::string>;

finished script_of(std::string const& shell) {
    return run_program({TRUNKLINE_PROGRAM, "completion", shell});
}

lines lines_of(std::string const& text) {
    std::istringstream from(text);
    lines found;
    for (std::string line; std::getline(from, line);) {
        found.insert(line);
    }
    return found;
}

lines names_of(std::vector<option_words> const& options) {
    lines names;
    for (option_words const& each : options) {
        names.insert(each.names.begin(), each.names.end());
    }
    return names;
}

/// A shell that may not be on this machine; its completions in a file.
class completion_of : public ::testing::Test {
protected:
    explicit completion_of(std::string shell) : shell_(std::move(shell)) {
        write_file(folder_ / "script", script_of(shell_).output);
    }
    void SetUp() override {
        if (!std::filesystem::exists(program())) {
            GTEST_SKIP() << shell_ << " is not installed";
        }
    }
    [[nodiscard]] std::string program() const { return "/usr/bin/" + shell_; }
    [[nodiscard]] std::string script() const { return (folder_ / "script").string(); }

    void expect_sound() const {
        auto const read = run_program({program(), "-n", script()});
        EXPECT_EQ(read.exit_code, 0) << read.error;
        EXPECT_EQ(read.error, "");
    }

    scratch_folder folder_;
    command_words program_ = program_words(all_commands());

private:
    std::string shell_;
};

struct bash_completions : completion_of {
    bash_completions() : completion_of("bash") {}

    /// What is offered for the last of `words`, in a folder with one file.
    [[nodiscard]] lines offered(std::vector<std::string> words) const {
        write_file(folder_ / "a file.bin", "x");
        std::vector<std::string> command{
            program(),
            "--norc",
            "-c",
            "set -eu; cd \"${0%/*}\"; . \"$0\"; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); "
            "_trunkline; [ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' \"${COMPREPLY[@]}\"",
            script(),
            "trunkline"};
        command.insert(command.end(), words.begin(), words.end());
        auto const left = run_program(command);
        EXPECT_EQ(left.exit_code, 0) << left.error;
        EXPECT_EQ(left.error, "");
        return lines_of(left.output);
    }
};

TEST_F(bash_completions, offer_commands) {
    expect_sound();
    auto const names = program_.command_names();
    EXPECT_EQ(offered({""}), lines(names.begin(), names.end()));
    EXPECT_EQ(offered({"st"}), lines{"stat"});
    EXPECT_EQ(offered({"batch"}), (lines{"batch-get", "batch-put"}));
    EXPECT_EQ(offered({"--v"}), lines{"--version"});
    EXPECT_EQ(offered({"man", "ver"}), lines{"verify"});
}

TEST_F(bash_completions, offer_all_flags_of_each_command) {
    for (command_words const& command : program_.commands) {
        EXPECT_EQ(offered({command.name, "-"}), names_of(command.options)) << command.name;
    }
    EXPECT_EQ(offered({"get", "key", "--ti"}), lines{"--timeout"});
    EXPECT_EQ(offered({"unknown", "--"}), lines());
}

TEST_F(bash_completions, offer_values) {
    EXPECT_EQ(offered({"get", "--format", ""}), (lines{"json", "text"}));
    EXPECT_EQ(offered({"get", "--format", "=", "j"}), lines{"json"});
    EXPECT_EQ(offered({"get", "--format", "="}), (lines{"json", "text"}));
    EXPECT_EQ(offered({"serve", "s.bin", "--durability", "s"}), lines{"sync"});
    EXPECT_EQ(offered({"serve", "--port", ""}), lines());
    EXPECT_EQ(offered({"completion", ""}), (lines{"bash", "fish", "zsh"}));
    EXPECT_EQ(offered({"get", "--file", "a"}), lines{"a file.bin"});
    EXPECT_EQ(offered({"verify", "a"}), lines{"a file.bin"});
}

struct fish_completions : completion_of {
    fish_completions() : completion_of("fish") {}

    [[nodiscard]] lines offered(std::string const& line) const {
        write_file(folder_ / "a_file.bin", "x");
        auto const left = run_program({program(), "--no-config", "-c",
                                       "cd $argv[1]; source script; complete -C $argv[2] | string "
                                       "replace -r '\\t.*' ''; true",
                                       folder_.path().string(), line},
                                      {{"HOME", folder_.path().string()}});
        EXPECT_EQ(left.exit_code, 0) << left.error;
        return lines_of(left.output);
    }
};

TEST_F(fish_completions, offer_commands_flags_and_values) {
    expect_sound();
    auto const names = program_.command_names();
    EXPECT_EQ(offered("trunkline "), lines(names.begin(), names.end()));
    EXPECT_EQ(offered("trunkline batch"), (lines{"batch-get", "batch-put"}));
    for (command_words const& command : program_.commands) {
        auto flags = offered("trunkline " + command.name + " --");
        auto expected = names_of(command.options);
        expected.erase("-h");
        expected.erase("-V");
        EXPECT_EQ(flags, expected) << command.name;
    }
    EXPECT_EQ(offered("trunkline get --format "), (lines{"json", "text"}));
    EXPECT_EQ(offered("trunkline completion "), (lines{"bash", "fish", "zsh"}));
    EXPECT_EQ(offered("trunkline man ver"), lines{"verify"});
    EXPECT_EQ(offered("trunkline verify a_f"), lines{"a_file.bin"});
    EXPECT_EQ(offered("trunkline put get a_f"), lines());
}

struct zsh_completions : completion_of {
    zsh_completions() : completion_of("zsh") {}

    /// What _arguments is given when `command` has been written, one a line.
    [[nodiscard]] lines given_for(std::string const& command) const {
        auto const left = run_program({program(), "-f", "-c",
                                       "compdef() { print -r -- compdef $@ }\n"
                                       "_arguments() { print -rl -- $@; state=argument }\n"
                                       "source $1; words=($2); _trunkline",
                                       "zsh", script(), command});
        EXPECT_EQ(left.error, "");
        return lines_of(left.output);
    }
};

TEST_F(zsh_completions, describe_commands_flags_and_values) {
    expect_sound();
    EXPECT_TRUE(script_of("zsh").output.starts_with("#compdef trunkline\n"));
    for (command_words const& command : program_.commands) {
        auto const given = given_for(command.name);
        EXPECT_TRUE(given.contains("compdef _trunkline trunkline"));
        for (option_words const& option : command.options) {
            for (std::string const& name : option.names) {
                auto const begin =
                    (option.repeats ? "*" : "") + name + (option.value.empty() ? "[" : "=[");
                auto const found = given.lower_bound(begin);
                ASSERT_NE(found, given.end()) << begin;
                EXPECT_TRUE(found->starts_with(begin)) << *found;
            }
        }
    }
    EXPECT_TRUE(
        given_for("get").contains("--file=[the store file, while no server has it]:FILE:_files"));
    EXPECT_TRUE(given_for("completion").contains("1:SHELL:(bash zsh fish)"));
    EXPECT_TRUE(given_for("batch-get").contains("*:KEY: "));
    EXPECT_TRUE(given_for("verify").contains("1:FILE:_files"));
    EXPECT_TRUE(given_for("bench").contains("1:URL: "));
    EXPECT_TRUE(given_for("bench").contains("4:CONCURRENCY: "));
    EXPECT_TRUE(given_for("get").contains(
        "--url=[the server of the store\\: ws\\://127.0.0.1\\:8080/ws or wss\\://, "
        "tcp\\://host\\:port or tls\\://, unix\\:/path, unix\\:@name]:URL: "));
}

TEST(completions, are_for_three_shells) {
    auto const none = run_program({TRUNKLINE_PROGRAM, "completion"});
    EXPECT_EQ(none.exit_code, exit_usage);
    EXPECT_EQ(none.error,
              "trunkline: no shell given; write trunkline completion bash, or zsh, or fish\n");
    auto const other = script_of("tcsh");
    EXPECT_EQ(other.exit_code, exit_usage);
    EXPECT_EQ(other.error,
              "trunkline: --shell: \"tcsh\" is not one of the choices; write one of "
              "bash|zsh|fish\n");
}

}  // namespace
}  // namespace trunkline::cli
