// trunkline get, put, del, exists and len, as their user runs them: on a file and on a server.
#include <trunkline/base/noise.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/testing.hpp>
#include <trunkline/test_support/child_process.hpp>
#include <trunkline/test_support/running_server.hpp>

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

using test_support::finished;
using test_support::run_program;

class key_commands : public on_a_store {
protected:
    [[nodiscard]] finished put(std::string const& key, std::string const& value) const {
        return feed(value, {"put", key});
    }
};
INSTANTIATE_TEST_SUITE_P(on, key_commands, ::testing::Values("file", "url", "tcp", "unix", "tls"),
                         [](auto const& each) { return each.param; });

TEST_P(key_commands, what_is_put_is_got) {
    auto const value = noise(300'000, 1);
    EXPECT_EQ(put("a key", value).exit_code, exit_success);
    auto const got = run({"get", "a key"});
    EXPECT_EQ(got.exit_code, exit_success) << got.error;
    EXPECT_TRUE(got.output == value);
    EXPECT_EQ(run({"len"}).output, "1\n");
    EXPECT_EQ(run({"exists", "a key"}).exit_code, exit_success);
    EXPECT_EQ(run({"del", "a key"}).exit_code, exit_success);
    EXPECT_EQ(run({"exists", "a key"}).exit_code, exit_absent);
    EXPECT_EQ(run({"del", "a key"}).exit_code, exit_success);
    EXPECT_EQ(run({"len"}).output, "0\n");
}

TEST_P(key_commands, an_absent_key_has_an_exit_code_of_its_own) {
    auto const got = run({"get", "nothing"});
    EXPECT_EQ(got.exit_code, exit_absent);
    EXPECT_EQ(got.output, "");
    EXPECT_EQ(got.error, "trunkline: the key is not there\n");
}

TEST_P(key_commands, keys_are_any_bytes) {
    EXPECT_EQ(put("hi", "value").exit_code, exit_success);
    EXPECT_EQ(run({"get", "6869", "--hex"}).output, "value");
    write_file(folder_ / "key", std::string("hi"));
    EXPECT_EQ(run({"get", "@" + (folder_ / "key").string()}).output, "value");
    auto const odd = run({"get", "686", "--hex"});
    EXPECT_EQ(odd.exit_code, exit_usage);
    EXPECT_EQ(odd.error, "trunkline: \"686\" is not a row of hexadecimal bytes\n");
    EXPECT_EQ(run({"get", "@" + (folder_ / "none").string()}).exit_code, exit_usage);
}

TEST_P(key_commands, json_says_the_same) {
    EXPECT_EQ(put("hi", "value").exit_code, exit_success);
    auto const got = boost::json::parse(run({"get", "hi", "--format", "json"}).output);
    EXPECT_EQ(got, (boost::json::object{{"key", "6869"}, {"bytes", 5}, {"value", "76616c7565"}}));
    EXPECT_EQ(boost::json::parse(run({"exists", "hi", "--format", "json"}).output),
              (boost::json::object{{"key", "6869"}, {"exists", true}}));
    EXPECT_EQ(boost::json::parse(run({"len", "--format", "json"}).output),
              (boost::json::object{{"live_keys", 1}}));
    EXPECT_EQ(boost::json::parse(run({"del", "hi", "--format", "json"}).output),
              (boost::json::object{{"key", "6869"}, {"tail", 46}}));
}

TEST_P(key_commands, json_is_short_for_its_format) {
    EXPECT_EQ(put("hi", "value").exit_code, exit_success);
    for (std::string const command : {"get", "exists", "len"}) {
        auto const arguments = command == "len" ? std::vector<std::string>{command}
                                                : std::vector<std::string>{command, "hi"};
        auto with = [&](std::vector<std::string> const& more) {
            auto all = arguments;
            all.insert(all.end(), more.begin(), more.end());
            return run(all).output;
        };
        EXPECT_EQ(with({"--json"}), with({"--format", "json"}));
        EXPECT_TRUE(with({"--json"}).starts_with("{"));
    }
}

TEST_P(key_commands, stat_counts_keys_and_bytes) {
    if (!server_) {
        auto const told = boost::json::parse(run({"stat", "--json"}).output);
        EXPECT_EQ(told.at("live_keys"), 0);
        EXPECT_EQ(told.at("is_empty"), true);
        EXPECT_EQ(run({"stat"}).output, run_program({TRUNKLINE_PROGRAM, "stat", path_}).output);
        return;
    }
    auto const at = where().at(1);
    EXPECT_EQ(
        boost::json::parse(run({"stat", "--json"}).output),
        (boost::json::object{{"url", at}, {"live_keys", 0}, {"size", 0}, {"is_empty", true}}));
    EXPECT_EQ(put("hi", "value").exit_code, exit_success);
    EXPECT_EQ(
        boost::json::parse(run({"stat", "--json"}).output),
        (boost::json::object{{"url", at}, {"live_keys", 1}, {"size", 25}, {"is_empty", false}}));
    auto const told = run({"stat"});
    EXPECT_EQ(told.exit_code, exit_success);
    EXPECT_EQ(told.output, at + "\n  size                    25\n  live keys               1\n"
                                "  empty                   no\n");
}

TEST_P(key_commands, what_the_store_refuses_is_told_in_its_words) {
    auto const refused = put("key", "");
    EXPECT_EQ(refused.exit_code, exit_failure);
    EXPECT_EQ(refused.error, "trunkline: Payload cannot be empty.\n");
}

TEST(key_command, needs_a_store_and_a_key) {
    auto const run = [](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), TRUNKLINE_PROGRAM);
        return run_program(arguments);
    };
    auto const both = "trunkline: say which store: either --url URL or --file FILE\n";
    EXPECT_EQ(run({"get", "key"}).error, both);
    EXPECT_EQ(run({"get", "key", "--url", "ws://x/", "--file", "f"}).error, both);
    EXPECT_EQ(run({"get", "--file", "f"}).error,
              "trunkline: no key given; write trunkline get KEY\n");
    EXPECT_EQ(run({"get", "key", "--file", "/nowhere/f"}).exit_code, exit_store);
    auto const far = run({"get", "key", "--url", "ws://127.0.0.1:1/ws"});
    EXPECT_EQ(far.exit_code, exit_connect);
    EXPECT_EQ(far.error, "trunkline: ws://127.0.0.1:1/ws: Connection refused\n");
}

TEST(key_command, stat_needs_a_file_or_a_server) {
    auto const either =
        "trunkline: say which store: write trunkline stat FILE or trunkline stat --url URL\n";
    for (std::vector<std::string> const& arguments :
         {std::vector<std::string>{TRUNKLINE_PROGRAM, "stat"},
          {TRUNKLINE_PROGRAM, "stat", "f", "--url", "ws://x/"}}) {
        auto const left = run_program(arguments);
        EXPECT_EQ(left.error, either);
        EXPECT_EQ(left.exit_code, exit_usage);
    }
    auto const far = run_program({TRUNKLINE_PROGRAM, "stat", "--url", "ws://127.0.0.1:1/ws"});
    EXPECT_EQ(far.exit_code, exit_connect);
    EXPECT_EQ(far.error, "trunkline: ws://127.0.0.1:1/ws: Connection refused\n");
}

TEST(key_command, a_file_that_a_server_has_is_not_touched) {
    scratch_folder const folder;
    auto const path = (folder / "s.bin").string();
    test_support::running_server const server(TRUNKLINE_PROGRAM, path);
    auto const left = run_program({TRUNKLINE_PROGRAM, "get", "key", "--file", path});
    EXPECT_EQ(left.exit_code, exit_store);
}

}  // namespace
}  // namespace trunkline::cli
