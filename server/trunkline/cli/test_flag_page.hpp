// For tests: a page that lists the flags of a command, held to what the program has.
#pragma once

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/config/setting.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace trunkline::cli {

inline std::string trimmed(std::string text) {
    text.erase(0, text.find_first_not_of(" `"));
    text.erase(text.find_last_not_of(" `") + 1);
    return text;
}

/// Every table row of the page as its trimmed cells.
inline std::vector<std::vector<std::string>> rows_of_page(std::string const& file) {
    std::istringstream page(read_file(file));
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

inline std::string kind_on_page(config::setting const& of) {
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

/// The page has a row `| --name | kind | default |` for each setting, and for those that every
/// command has which runs for long.
inline void expect_flags(std::string const& file, config::setting_list const& settings) {
    std::map<std::string, std::vector<std::string>> page;
    for (auto const& row : rows_of_page(file)) {
        if (row.front().starts_with("--")) {
            EXPECT_TRUE(page.emplace(row.front().substr(2), row).second) << row.front();
        }
    }
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

}  // namespace trunkline::cli
