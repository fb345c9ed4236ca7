// The page for users tells the names, kinds and defaults that the program has.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/log_settings.hpp>
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

std::string trimmed(std::string text) {
    text.erase(0, text.find_first_not_of(" `"));
    text.erase(text.find_last_not_of(" `") + 1);
    return text;
}

/// Every table row of the page as its trimmed cells.
std::vector<std::vector<std::string>> rows_of_page() {
    std::istringstream page(read_file(TRUNKLINE_SOURCE_DIR "/docs/serve.md"));
    std::vector<std::vector<std::string>> rows;
    for (std::string line; std::getline(page, line);) {
        if (!line.starts_with("| ")) {
            continue;
        }
        std::istringstream cells(line.substr(1));
        std::vector<std::string>& row = rows.emplace_back();
        for (std::string cell; std::getline(cells, cell, '|');) {
            row.push_back(trimmed(cell));
        }
    }
    return rows;
}

std::string kind_on_page(config::setting const& of) {
    if (auto const* target = std::get_if<config::words>(&of.target)) {
        std::string name(target->placeholder);
        std::ranges::transform(name, name.begin(), [](char one) { return char(one | 0x20); });
        return name;
    }
    if (auto const* target = std::get_if<config::choice>(&of.target)) {
        std::string list;
        for (std::string_view const one : target->choices) {
            list.append(list.empty() ? "" : ", ").append(one);
        }
        return list;
    }
    std::string kind = placeholder(of);
    std::ranges::transform(kind, kind.begin(), [](char one) { return char(one | 0x20); });
    return kind;
}

TEST(serve_page, lists_every_flag_with_kind_and_default) {
    std::map<std::string, std::vector<std::string>> page;
    for (auto const& row : rows_of_page()) {
        if (row.front().starts_with("--")) {
            EXPECT_TRUE(page.emplace(row.front().substr(2), row).second) << row.front();
        }
    }
    server::serve_options options;
    log_options logs;
    auto settings = server::settings_of(options);
    add_log_settings(settings, logs);
    for (config::setting const& one : settings) {
        auto const found = page.find(std::string(one.name));
        ASSERT_NE(found, page.end()) << one.name;
        std::string const present = value_text(one);
        EXPECT_EQ(found->second.at(1), kind_on_page(one)) << one.name;
        EXPECT_EQ(found->second.at(2), present.empty() ? "none" : present) << one.name;
        page.erase(found);
    }
    std::set<std::string> left;
    for (auto const& [name, row] : page) {
        left.insert(name);
    }
    EXPECT_EQ(left,
              (std::set<std::string>{"config", "help`, `-h", "print-limits", "version`, `-V"}));
}

TEST(serve_page, lists_every_exit_code) {
    std::set<std::string> codes;
    for (auto const& row : rows_of_page()) {
        if (row.size() == 2 && row.front().find_first_not_of("0123456789, ") == std::string::npos) {
            codes.insert(row.front());
        }
    }
    std::set<std::string> ours;
    for (int const code : {exit_success, exit_failure, exit_usage, exit_store, exit_listen}) {
        ours.insert(std::to_string(code));
    }
    ours.insert(std::to_string(exit_signal + 2) + ", " + std::to_string(exit_signal + 15));
    EXPECT_EQ(codes, ours);
}

}  // namespace
}  // namespace trunkline::cli
