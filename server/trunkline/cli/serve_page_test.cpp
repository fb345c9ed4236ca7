// The page for users tells the names, kinds and defaults that the program has.
#include <trunkline/base/format_page.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/log_settings.hpp>
#include <trunkline/cli/test_flag_page.hpp>
#include <trunkline/serve/settings.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

std::string const serve_page = TRUNKLINE_SOURCE_DIR "/docs/serve.md";

TEST(serve_page, lists_every_flag_with_kind_and_default) {
    server::serve_options options;
    log_options logs;
    auto settings = server::settings_of(options);
    add_log_settings(settings, logs);
    expect_flags(serve_page, settings);
}

// The constants of base/limits.hpp that bound something; the structures there are flags.
std::set<std::string> fixed_limits() {
    std::istringstream header(read_file(TRUNKLINE_SOURCE_DIR "/core/trunkline/base/limits.hpp"));
    std::set<std::string> names;
    for (std::string line; std::getline(header, line);) {
        if (!line.starts_with("inline constexpr ")) {
            continue;
        }
        auto const end = line.find_first_of("={ ", line.find(' ', 17) + 1);
        auto const name = line.substr(line.find(' ', 17) + 1, end - line.find(' ', 17) - 1);
        if (name.ends_with("_max") || name.ends_with("_mark") || name.ends_with("_timeout")) {
            names.insert(name);
        }
    }
    return names;
}

TEST(serve_page, lists_every_fixed_limit) {
    auto const table = format_page(TRUNKLINE_SOURCE_DIR "/docs/serve.md").table("Fixed limits");
    EXPECT_EQ(table.number("calls_at_once_max", "value"), calls_at_once_max);
    EXPECT_EQ(table.number("let_go_size_max", "value"), let_go_size_max);
    EXPECT_EQ(table.number("pending_pongs_size_max", "value"), pending_pongs_size_max);
    EXPECT_EQ(table.number("linger_timeout", "value"), linger_timeout.count());
    EXPECT_EQ(table.number("lingering_max", "value"), lingering_max);
    EXPECT_EQ(table.number("stream_input_size_mark", "value"), stream_input_size_mark);
    EXPECT_EQ(table.number("stream_output_size_mark", "value"), stream_output_size_mark);
    std::set<std::string> names;
    for (auto const& row : table.rows) {
        names.insert(row.front());
    }
    names.erase("name");
    auto expected = fixed_limits();
    expected.erase("writes_waiting_size_max");  // these stand under "Durability"
    expected.erase("writes_waiting_size_mark");
    EXPECT_EQ(names, expected);
}

TEST(serve_page, lists_every_exit_code_as_manual_pages_do) {
    std::map<std::string, std::string> page;
    for (auto const& row : rows_of_page(serve_page)) {
        if (row.size() == 2 && row.front().find_first_not_of("0123456789, ") == std::string::npos) {
            page.emplace(row[0], row[1]);
        }
    }
    std::map<std::string, std::string> ours;
    for (auto const& [codes, meaning] : exit_meanings()) {
        ours.emplace(codes, meaning);
    }
    EXPECT_EQ(page, ours);
}

TEST(serve_page, has_a_meaning_for_each_exit_code) {
    std::set<std::string> codes;
    for (auto const& each : exit_meanings()) {
        codes.emplace(each.codes);
    }
    std::set<std::string> ours;
    for (int const code : {exit_success, exit_failure, exit_usage, exit_store, exit_listen,
                           exit_absent, exit_connect}) {
        ours.insert(std::to_string(code));
    }
    ours.insert(std::to_string(exit_signal + 2) + ", " + std::to_string(exit_signal + 15));
    EXPECT_EQ(codes, ours);
}

}  // namespace
}  // namespace trunkline::cli
