// The bar that put and get draw on a terminal, as their user sees it.
#include <trunkline/base/limits.hpp>
#include <trunkline/base/noise.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/testing.hpp>
#include <trunkline/test_support/terminal_run.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

using test_support::finished;
using test_support::run_on_terminal;

class progress : public on_a_store {
protected:
    [[nodiscard]] finished on_terminal(std::vector<std::string> arguments,
                                       test_support::redirected const& to) const {
        arguments.insert(arguments.begin(), TRUNKLINE_PROGRAM);
        for (auto& each : where()) {
            arguments.push_back(std::move(each));
        }
        return run_on_terminal(arguments, to);
    }
    [[nodiscard]] std::string file(std::string const& name) const {
        return (folder_ / name).string();
    }
    [[nodiscard]] finished put(std::string const& value, std::vector<std::string> more = {}) const {
        write_file(file("value"), value);
        more.insert(more.begin(), {"put", "key"});
        return on_terminal(more, {.input = file("value"), .output = {}});
    }
    [[nodiscard]] finished get(std::vector<std::string> more = {}) const {
        more.insert(more.begin(), {"get", "key"});
        return on_terminal(more, {.input = {}, .output = file("got")});
    }

    /// What stands on the line in the end.
    static std::string left_on_line(std::string const& drawn) {
        std::string line;
        std::size_t at = 0;
        for (char const c : drawn) {
            if (c == '\r') {
                at = 0;
                continue;
            }
            line.resize(std::max(line.size(), at + 1), ' ');
            line[at++] = c;
        }
        return line.substr(0, line.find_last_not_of(' ') + 1);
    }
    static void expect_drawn(std::string const& drawn, std::string const& what) {
        auto const begin = drawn.find("\r" + what + " [");
        EXPECT_NE(begin, drawn.npos) << what << "\n" << drawn;
        EXPECT_NE(drawn.find("] 100%  3.0 of 3.0 MiB", begin), drawn.npos) << drawn;
        EXPECT_EQ(left_on_line(drawn), "");
    }

    std::string const large_ = noise(3 * mib, 1);
};
INSTANTIATE_TEST_SUITE_P(on, progress, ::testing::Values("file", "url"),
                         [](auto const& each) { return each.param; });

TEST_P(progress, is_drawn_for_large_values) {
    auto const put_in = put(large_);
    EXPECT_EQ(put_in.exit_code, exit_success);
    expect_drawn(put_in.error, "reading");
    EXPECT_NE(put_in.error.find("\rreading [###############---------------]  50%  1.5 of 3.0 MiB"),
              put_in.error.npos);
    if (server_) {
        expect_drawn(put_in.error, "sending");
    }
    auto const got = get();
    EXPECT_EQ(got.exit_code, exit_success);
    expect_drawn(got.error, "writing");
    EXPECT_TRUE(read_file(file("got")) == large_);
}

TEST_P(progress, counts_where_nobody_knows_the_size) {
    write_file(file("value"), large_);
    std::vector<std::string> command{
        "/bin/sh", "-c", "cat \"$0\" | exec \"$@\"", file("value"), TRUNKLINE_PROGRAM,
        "put",     "key"};
    for (auto& each : where()) {
        command.push_back(each);
    }
    auto const left = run_on_terminal(command);
    EXPECT_EQ(left.exit_code, exit_success);
    EXPECT_NE(left.error.find("\rreading 1.0 MiB\r"), left.error.npos) << left.error;
    EXPECT_NE(left.error.find("\rreading 3.0 MiB\r"), left.error.npos) << left.error;
    EXPECT_EQ(left_on_line(left.error), "");
}

TEST_P(progress, is_not_drawn_for_small_values) {
    EXPECT_EQ(put(noise(mib - 1, 1)).error, "");
    EXPECT_EQ(get().error, "");
}

TEST_P(progress, is_not_drawn_when_that_was_said) {
    for (std::string const flag : {"--no-progress", "--quiet"}) {
        EXPECT_EQ(put(large_, {flag}).error, "");
        EXPECT_EQ(get({flag}).error, "");
    }
}

TEST_P(progress, is_not_drawn_on_anything_but_a_terminal) {
    EXPECT_EQ(feed(large_, {"put", "key"}).error, "");
    EXPECT_EQ(run({"get", "key"}).error, "");
}

TEST_P(progress, leaves_a_complaint_its_line) {
    write_file(file("value"), large_);
    auto const left =
        run_on_terminal({TRUNKLINE_PROGRAM, "put", "key", "--url", "ws://127.0.0.1:1/ws"},
                        {.input = file("value"), .output = {}});
    EXPECT_EQ(left.exit_code, exit_connect);
    EXPECT_TRUE(left.error.ends_with("\rtrunkline: ws://127.0.0.1:1/ws: Connection refused\r\n"))
        << left.error;
}

TEST_P(progress, is_not_mixed_with_a_value_on_the_terminal) {
    EXPECT_EQ(put(large_).exit_code, exit_success);
    std::vector<std::string> command{TRUNKLINE_PROGRAM, "get", "key"};
    for (auto& each : where()) {
        command.push_back(each);
    }
    EXPECT_EQ(run_on_terminal(command).error.find("writing ["), std::string::npos);
}

}  // namespace
}  // namespace trunkline::cli
