// What the program says to a person who asks for something that makes no sense: one line, one exit
// code, nothing damaged.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/serve/settings.hpp>
#include <trunkline/test_support/child_process.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

using test_support::finished;
using test_support::run_program;

std::vector<std::string> trunkline(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), TRUNKLINE_PROGRAM);
    return arguments;
}

struct complaint {
    std::vector<std::string> arguments;
    std::string_view line;
};

void expect_complaints(std::vector<complaint> const& table, int exit_code,
                       std::map<std::string, std::string> const& environment = {}) {
    for (auto const& [arguments, line] : table) {
        finished const left = run_program(trunkline(arguments), environment);
        EXPECT_EQ(left.error, "trunkline: " + std::string(line) + "\n");
        EXPECT_EQ(left.exit_code, exit_code) << line;
        EXPECT_EQ(left.output, "") << line;
    }
}

TEST(usage, names_what_is_wrong_with_the_command_line) {
    expect_complaints(
        {
            {{}, "no command given; see trunkline --help"},
            {{"sevre"}, "unknown command \"sevre\"; see trunkline --help"},
            {{"serve"}, "no store file given; write trunkline serve FILE"},
            {{"serve", "s.bin", "--colour"}, "unknown flag --colour; see trunkline serve --help"},
            {{"serve", "s.bin", "-x"}, "unknown flag -x; see trunkline serve --help"},
            {{"serve", "--prot", "1", "s.bin"}, "unknown flag --prot; did you mean --port?"},
            {{"serve", "s.bin", "--message-size=1MiB"},
             "unknown flag --message-size; did you mean --message-size-max?"},
            {{"serve", "s.bin", "--port"}, "--port needs a value; see trunkline serve --help"},
            {{"serve", "s.bin", "--port", "1", "--port", "2"},
             "--port is given twice; once is enough"},
            {{"serve", "s.bin", "--path", "t.bin"}, "--path is given twice; once is enough"},
            {{"serve", "s.bin", "t.bin"},
             "unexpected argument \"t.bin\"; see trunkline serve --help"},
        },
        exit_usage);
}

TEST(usage, names_what_is_wrong_with_a_value) {
    expect_complaints(
        {
            {{"serve", "s.bin", "--port", "http"}, "--port: \"http\" is not a whole number"},
            {{"serve", "s.bin", "--port", "65536"},
             "--port: \"65536\" is too large; the most is 65535"},
            {{"serve", "s.bin", "--threads", "0"},
             "--threads: \"0\" is too small; the least is 1, or write cores"},
            {{"serve", "s.bin", "--message-size-max", "64MB"},
             "--message-size-max: \"64MB\" is not a size; write a whole number and a unit, such as "
             "64MiB"},
            {{"serve", "s.bin", "--message-size-max=-1"},
             "--message-size-max: \"-1\" is not a size; write a whole number and a unit, such as "
             "64MiB"},
            {{"serve", "s.bin", "--silence-timeout", "15"},
             "--silence-timeout: \"15\" needs a unit: ms, s, min or h"},
            {{"serve", "s.bin", "--log-level", "loud"},
             "--log-level: \"loud\" is not one of the choices; write one of "
             "error|warn|info|debug|trace"},
            {{"serve", "s.bin", "--log-format", "xml"},
             "--log-format: \"xml\" is not one of the choices; write one of text|json"},
            {{"serve", "s.bin", "--durability", "fsync"},
             "--durability: \"fsync\" is not one of the choices; write one of none|os|sync|group"},
            {{"serve", "s.bin", "--host", "0.0.0.0"},
             "--host 0.0.0.0 lets other machines in without encryption; add --allow-plain if that "
             "is meant, or stay on 127.0.0.1"},
            {{"serve", "s.bin", "--message-size-max", "64MiB", "--held-size-max", "32MiB"},
             "--held-size-max 32MiB is too small for --message-size-max 64MiB: a connection must "
             "hold one message and 64KiB more; raise it to 72MiB or leave it out"},
        },
        exit_usage);
}

TEST(usage, names_what_is_wrong_with_the_environment) {
    std::string const line =
        "TRUNKLINE_LOG: \"disk\" is not a log module; write one of server|store|ws|rpc";
    expect_complaints({{{"serve", "s.bin"}, line}}, exit_usage, {{"TRUNKLINE_LOG", "disk=debug"}});
}

TEST(usage, names_key_and_line_of_the_configuration_file) {
    scratch_folder const folder;
    auto const path = (folder / "serve.toml").string();
    std::ofstream(path) << "host = \"::1\"\nprot = 1\n";
    std::string const unknown = path + ":2: unknown key \"prot\"; did you mean \"port\"?";
    std::string const absent =
        "cannot read the configuration file " + path + ".no: No such file or directory";
    expect_complaints({{{"serve", "s.bin", "--config", path}, unknown},
                       {{"serve", "s.bin", "--config", path + ".no"}, absent}},
                      exit_usage);
}

TEST(usage, prints_the_version) {
    for (auto const& arguments : std::vector<std::vector<std::string>>{
             {"--version"}, {"-V"}, {"serve", "--version"}, {"serve", "x", "-V"}}) {
        finished const left = run_program(trunkline(arguments));
        EXPECT_TRUE(left.output.starts_with("trunkline ")) << left.output;
        EXPECT_TRUE(left.output.ends_with(".0\n")) << left.output;
        EXPECT_EQ(left.exit_code, exit_success);
        EXPECT_EQ(left.error, "");
    }
}

TEST(usage, helps_with_every_flag) {
    finished const left = run_program(trunkline({"serve", "--help"}));
    EXPECT_EQ(left.exit_code, exit_success);
    EXPECT_EQ(left.error, "");
    server::serve_options options;
    for (config::setting const& one : server::settings_of(options)) {
        EXPECT_NE(left.output.find("--" + std::string(one.name)), left.output.npos) << one.name;
    }
    EXPECT_NE(run_program(trunkline({"--help"})).output.find("serve"), std::string::npos);
}

TEST(print_limits, shows_what_would_be_in_force) {
    scratch_folder const folder;
    auto const path = (folder / "serve.toml").string();
    std::ofstream(path) << "message-size-max = \"32MiB\"\nsilence-timeout = \"20s\"\n";
    finished const left = run_program(
        trunkline({"serve", "--print-limits", "--config", path, "--message-size-max", "64MiB"}));
    EXPECT_EQ(left.exit_code, exit_success);
    EXPECT_EQ(left.error, "");
    for (std::string_view const line : {"message-size-max          64MiB       bytes  ",
                                        "held-size-max             72MiB       bytes  ",
                                        "silence-timeout           20s         time   ",
                                        "ping-after                5s          time   ",
                                        "connections-per-peer-max  off         count  "}) {
        EXPECT_NE(("\n" + left.output).find("\n" + std::string(line)), left.output.npos) << line;
    }
    server::serve_options options;
    for (config::setting const& one : server::settings_of(options)) {
        bool const printed =
            ("\n" + left.output).find("\n" + std::string(one.name) + " ") != left.output.npos;
        EXPECT_EQ(printed, one.is_limit) << one.name;
    }
}

}  // namespace
}  // namespace trunkline::cli
