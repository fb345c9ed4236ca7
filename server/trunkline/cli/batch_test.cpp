// trunkline batch-put and batch-get, as their user runs them: on a file and on a server.
#include <trunkline/base/limits.hpp>
#include <trunkline/base/noise.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/batch_lines.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/hex.hpp>
#include <trunkline/cli/testing.hpp>

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <string>

namespace trunkline::cli {
namespace {

using namespace std::string_literals;

class batches : public on_a_store {
protected:
    void expect_keys(int count) const {
        EXPECT_EQ(run({"len"}).output, std::to_string(count) + "\n");
    }
    [[nodiscard]] std::string value_of(std::string const& key) const {
        return run({"get", key}).output;
    }
    void expect_refused(std::string_view input, std::vector<std::string> arguments, int code,
                        std::string const& line) const {
        auto const left = feed(input, arguments);
        EXPECT_EQ(left.exit_code, code);
        EXPECT_EQ(left.error, "trunkline: " + line + "\n");
        EXPECT_EQ(left.output, "");
    }
};
INSTANTIATE_TEST_SUITE_P(on, batches, ::testing::Values("file", "url", "unix"),
                         [](auto const& each) { return each.param; });

TEST_P(batches, lines_go_in_and_come_out) {
    auto const put = feed("a\tfirst\nb\tsec\\nond\nc\t\\x00\\xff\n", {"batch-put"});
    EXPECT_EQ(put.exit_code, exit_success) << put.error;
    EXPECT_EQ(put.output, "");
    expect_keys(3);
    EXPECT_EQ(value_of("b"), "sec\nond");
    EXPECT_EQ(value_of("c"), "\0\xff"s);
    auto const got = run({"batch-get", "c", "a", "b"});
    EXPECT_EQ(got.exit_code, exit_success) << got.error;
    EXPECT_EQ(got.output, "c\t\\x00\\xff\na\tfirst\nb\tsec\\nond\n");
    EXPECT_EQ(feed("b\na", {"batch-get"}).output, "b\tsec\\nond\na\tfirst\n");
}

TEST_P(batches, each_form_that_comes_out_goes_in) {
    auto const binary = noise(5000, 1);
    EXPECT_EQ(feed("k1\tone\n" + line_of(line_form::text, as_bytes("k\n2"), as_bytes(binary)),
                   {"batch-put"})
                  .exit_code,
              exit_success);
    auto const two_keys = "k1\nk\\n2\n"s;
    auto const plain = feed(two_keys, {"batch-get"}).output;
    auto const hex = feed("6b31\n6b0a32\n", {"batch-get", "--hex"}).output;
    auto const json =
        feed("{\"key\":\"6b31\"}\n{\"key\":\"6b0a32\"}\n", {"batch-get", "--json"}).output;
    EXPECT_EQ(hex, "6b31\t6f6e65\n6b0a32\t" + to_hex(as_bytes(binary)) + "\n");
    EXPECT_TRUE(json.starts_with("{\"key\":\"6b31\",\"bytes\":3,\"value\":\"6f6e65\"}\n"));
    EXPECT_EQ(feed(json, {"batch-get", "--json"}).output, json);
    struct form {
        std::string lines;
        std::vector<std::string> arguments;
    };
    for (auto const& [lines, arguments] : {form{plain, {"batch-put"}},
                                           {hex, {"batch-put", "--hex"}},
                                           {json, {"batch-put", "--json"}}}) {
        EXPECT_EQ(run({"del", "k1"}).exit_code, exit_success);
        EXPECT_EQ(run({"del", "6b0a32", "--hex"}).exit_code, exit_success);
        expect_keys(0);
        EXPECT_EQ(feed(lines, arguments).exit_code, exit_success);
        EXPECT_EQ(feed(two_keys, {"batch-get"}).output, plain);
    }
}

TEST_P(batches, keys_are_text_digits_or_files_as_for_get) {
    EXPECT_EQ(feed("hi\tvalue\n", {"batch-put"}).exit_code, exit_success);
    write_file(folder_ / "key", std::string("hi"));
    auto const at = "@" + (folder_ / "key").string();
    EXPECT_EQ(run({"batch-get", at, "hi"}).output, "hi\tvalue\nhi\tvalue\n");
    EXPECT_EQ(run({"batch-get", "--hex", "6869"}).output, "6869\t76616c7565\n");
    EXPECT_EQ(run({"batch-get", "--json", "hi"}).output,
              "{\"key\":\"6869\",\"bytes\":5,\"value\":\"76616c7565\"}\n");
    expect_refused("", {"batch-get", "--hex", "686"}, exit_usage,
                   "\"686\" is not a row of hexadecimal bytes");
    expect_refused("", {"batch-get", at + ".no"}, exit_usage,
                   "the file \"" + at.substr(1) + ".no\" cannot be read");
    auto const bytes = noise(3000, 2);
    write_file(folder_ / "value", bytes);
    EXPECT_EQ(feed("k\t@" + (folder_ / "value").string(), {"batch-put", "--files"}).exit_code,
              exit_success);
    EXPECT_TRUE(value_of("k") == bytes);
}

TEST_P(batches, tell_of_keys_that_are_not_there) {
    EXPECT_EQ(feed("a\t1\n", {"batch-put"}).exit_code, exit_success);
    auto const got = run({"batch-get", "x", "a", "y"});
    EXPECT_EQ(got.exit_code, exit_absent);
    EXPECT_EQ(got.output, "x\na\t1\ny\n");
    EXPECT_EQ(got.error, "trunkline: 2 of 3 keys are not there\n");
    EXPECT_EQ(run({"batch-get", "x", "--json"}).output, "{\"key\":\"78\",\"value\":null}\n");
}

TEST_P(batches, are_stored_as_a_whole_or_not_at_all) {
    expect_refused("a\t1\nb\n", {"batch-put"}, exit_usage,
                   "line 2 of the batch: a key without a value; write KEY, TAB, VALUE");
    expect_refused("a\t1\n\nb\t2\n", {"batch-put"}, exit_usage,
                   "line 2 of the batch: a key without a value; write KEY, TAB, VALUE");
    expect_refused("a\t1\nb\t\n", {"batch-put"}, exit_usage,
                   "line 2 of the batch: a store keeps no empty value and no single zero byte");
    expect_refused("a\t1\nb\t\\x00", {"batch-put"}, exit_usage,
                   "line 2 of the batch: a store keeps no empty value and no single zero byte");
    expect_refused("61\t1\n", {"batch-put", "--hex"}, exit_usage,
                   "line 1 of the batch: \"1\" is not a row of hexadecimal bytes");
    expect_refused("{\"key\":\"61\",\"value\":null}", {"batch-put", "--json"}, exit_usage,
                   "line 1 of the batch: a key without a value; write KEY, TAB, VALUE");
    expect_refused("a\tb\n", {"batch-get"}, exit_usage,
                   "line 1 of the batch: a value behind the key; write the key alone");
    expect_keys(0);
}

TEST_P(batches, say_in_json_what_was_stored) {
    EXPECT_EQ(boost::json::parse(
                  feed("{\"key\":\"61\",\"value\":\"31\"}", {"batch-put", "--json"}).output),
              (boost::json::object{{"entries", 1}, {"tail", 21}}));
    EXPECT_EQ(boost::json::parse(feed("", {"batch-put", "--json"}).output),
              (boost::json::object{{"entries", 0}, {"tail", 21}}));
    auto const none = feed("", {"batch-get"});
    EXPECT_EQ(none.exit_code, exit_success);
    EXPECT_EQ(none.output, "");
}

TEST_P(batches, of_equal_keys_the_last_counts) {
    EXPECT_EQ(feed("a\t1\na\t2\n", {"batch-put"}).exit_code, exit_success);
    expect_keys(1);
    EXPECT_EQ(value_of("a"), "2");
}

TEST_P(batches, that_come_out_may_be_larger_than_a_message) {
    std::string keys;
    std::string expected;
    for (int i = 0; i < 5; ++i) {
        auto const key = "k" + std::to_string(i);
        auto const value = to_hex(as_bytes(noise(2 * mib, i)));
        EXPECT_EQ(feed(key + "\t" + value, {"batch-put"}).exit_code, exit_success);
        keys += key + "\n";
        expected += key + "\t" + value + "\n";
    }
    ASSERT_GT(expected.size(), session_limits{}.message_size_max);
    auto const got = feed(keys, {"batch-get"});
    EXPECT_EQ(got.exit_code, exit_success) << got.error;
    EXPECT_TRUE(got.output == expected);
}

TEST_P(batches, that_go_in_fit_into_a_message_or_are_refused_as_a_whole) {
    std::string lines;
    for (int i = 0; i < 5; ++i) {
        lines += "k" + std::to_string(i) + "\t" + to_hex(as_bytes(noise(2 * mib, i))) + "\n";
    }
    if (server_) {
        expect_refused(lines, {"batch-put"}, exit_failure,
                       "nothing was stored: one message with a server has at most 16MiB; store "
                       "less at once");
        expect_keys(0);
    } else {
        EXPECT_EQ(feed(lines, {"batch-put"}).exit_code, exit_success);
        expect_keys(5);
    }
}

TEST_P(batches, of_very_many_entries_are_refused_by_a_server_alone) {
    std::string lines;
    for (int i = 0; i < 150'000; ++i) {
        lines += std::to_string(i) + "\tv\n";
    }
    if (server_) {
        expect_refused(lines, {"batch-put"}, exit_failure,
                       "The batch has more elements than the server has memory for.");
        expect_keys(0);
    } else {
        EXPECT_EQ(feed(lines, {"batch-put"}).exit_code, exit_success);
        expect_keys(150'000);
    }
}

TEST_P(batches, of_many_keys_come_in_order) {
    std::string lines;
    std::string keys;
    for (int i = 0; i < 3000; ++i) {
        keys += std::to_string(i) + "\n";
        lines += std::to_string(i) + "\tvalue of " + std::to_string(i) + "\n";
    }
    EXPECT_EQ(feed(lines, {"batch-put"}).exit_code, exit_success);
    EXPECT_EQ(feed(keys, {"batch-get"}).output, lines);
}

TEST(batch_put, makes_no_file_of_lines_that_are_wrong) {
    scratch_folder const folder;
    auto const path = folder / "s.bin";
    write_file(folder / "lines", "no value");
    auto const left =
        test_support::run_program({"/bin/sh", "-c", "exec \"$0\" batch-put --file \"$1\" < \"$2\"",
                                   TRUNKLINE_PROGRAM, path.string(), (folder / "lines").string()});
    EXPECT_EQ(left.exit_code, exit_usage);
    EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace trunkline::cli
