// conformance/SELFTEST.md: for each rule that binds, a wrong transport or driver that it catches.
#include <trunkline/conformance/wrong/wrong.hpp>

#include <trunkline/conformance/judge.hpp>
#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/rules/heap.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

std::filesystem::path page_file() {
    return std::filesystem::path(TRUNKLINE_SOURCE_DIR) / "conformance/SELFTEST.md";
}

std::string page() {
    std::ifstream file(page_file());
    return {std::istreambuf_iterator<char>(file), {}};
}

constexpr std::string_view begin_mark = "<!-- catchers: begin -->\n";
constexpr std::string_view end_mark = "<!-- catchers: end -->\n";
constexpr std::string_view left_begin_mark = "<!-- left behind: begin -->\n";
constexpr std::string_view left_end_mark = "<!-- left behind: end -->\n";

// The first two cells of each row that names a rule, by the rule: of what stands between the marks,
// or of what stands behind them.
std::map<std::string, std::string> rows_of(std::string_view text) {
    std::map<std::string, std::string> rows;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        if (line.size() > 11 && line.starts_with("| ") && line[5] == '-') {
            rows[line.substr(2, 6)] = line.substr(11, line.find(" |", 11) - 11);
        }
    }
    return rows;
}
std::map<std::string, std::string> catches() {
    std::string const text = page();
    auto const begin = text.find(begin_mark);
    return rows_of(std::string_view(text).substr(begin, text.find(end_mark) - begin));
}
std::map<std::string, std::string> reasons() {
    std::string const text = page();
    return rows_of(std::string_view(text).substr(text.find(end_mark)));
}

std::string name_of(wrong_transport const& each) {
    return std::string(each.fault) + " (" + each.under_test.name + ")";
}

// Whether it changes single frames: then what it is made of gives frames only once they are whole.
bool is_of_frames(wrong_transport const& one) {
    std::vector<wrong_transport> all;
    add_wrong_frames(all);
    add_wrong_words(all);
    return std::ranges::count(all, one.fault, &wrong_transport::fault) != 0;
}

// For what is wrong with it, and not for what it is made of.
bool catches_it(rule const& by, wrong_transport const& wrong) {
    return is_caught(wrong.under_test, by) &&
           !(is_of_frames(wrong) && is_caught(right_frames(), by));
}

// Empty when none of them is caught.
std::string first_caught(rule const& by, std::vector<wrong_transport> const& among) {
    for (wrong_transport const& each : among) {
        if (catches_it(by, each)) {
            return name_of(each);
        }
    }
    return {};
}

void write_page(std::map<std::string, std::string> const& rows) {
    std::string text = page();
    auto const from = text.find(begin_mark) + begin_mark.size();
    std::string table = "| rule | catches |\n| --- | --- |\n";
    for (rule const& each : all_rules()) {
        if (auto const row = rows.find(std::string(each.id)); row != rows.end()) {
            table += "| " + row->first + " | " + row->second + " |\n";
        }
    }
    text.replace(from, text.find(end_mark) - from, table);
    std::ofstream(page_file()) << text;
}

// One test for each family of rules.
class catchers : public ::testing::TestWithParam<std::string> {};

// With TRUNKLINE_WRITE_CATCHERS rows that do not hold are looked for anew, among all.
TEST_P(catchers, catch_what_the_page_says) {
    auto const all = wrong_transports();
    auto rows = catches();
    bool const writes = std::getenv("TRUNKLINE_WRITE_CATCHERS") != nullptr;
    for (rule const& each : all_rules()) {
        if (each.binding != level::must || family_of(each) != GetParam()) {
            continue;
        }
        std::string const id(each.id);
        auto const wrong = std::ranges::find(all, rows[id], name_of);
        bool const holds = wrong != all.end() && catches_it(each, *wrong);
        if (writes && !holds) {
            rows[id] = first_caught(each, all);
            std::printf("%s: %s\n", id.c_str(), rows[id].c_str());
            std::fflush(stdout);
        } else if (!writes && reasons().count(id) == 0) {
            EXPECT_TRUE(holds) << id << " does not catch: " << rows[id];
        }
    }
    if (writes) {
        std::erase_if(rows, [](auto const& row) { return row.second.empty(); });
        write_page(rows);
    }
}

std::set<std::string> families() {
    std::set<std::string> all;
    for (rule const& each : all_rules()) {
        all.emplace(family_of(each));
    }
    return all;
}

INSTANTIATE_TEST_SUITE_P(of, catchers, ::testing::ValuesIn(families()),
                         [](auto const& which) { return which.param; });

// The cells of each row of what is left behind: what, and by which wrong one.
std::vector<std::pair<std::string, std::string>> left_behind() {
    std::string const text = page();
    auto const begin = text.find(left_begin_mark) + left_begin_mark.size();
    std::istringstream lines(text.substr(begin, text.find(left_end_mark) - begin));
    std::vector<std::pair<std::string, std::string>> rows;
    for (std::string line; std::getline(lines, line);) {
        auto const bar = line.find(" | ");
        rows.emplace_back(line.substr(2, bar - 2), line.substr(bar + 3, line.size() - bar - 5));
    }
    rows.erase(rows.begin(), rows.begin() + 2);  // the head
    return rows;
}

TEST(catchers_page, names_who_leaves_something_behind_and_nothing_else_is_seen_of_that) {
    auto const all = wrong_transports();
    auto const rows = left_behind();
    EXPECT_EQ(rows.size(), 5U);
    for (auto const& [what, by] : rows) {
        auto const wrong = std::ranges::find(all, by, name_of);
        if (wrong == all.end()) {
            EXPECT_TRUE(heap_is_sanitized && what == "bytes of the heap by each run") << by;
            continue;
        }
        auto const found = judge(*find_rule(wrong->seen_by), wrong->under_test,
                                 {.virtual_time = wrong->under_test.has.virtual_time});
        EXPECT_TRUE(found.seen.starts_with("left behind: ") && found.seen.ends_with(" " + what) &&
                    found.seen.find(',') == std::string::npos)
            << by << ": " << found.seen;
    }
}

TEST(catchers_page, names_a_rule_that_catches_none_with_its_reason) {
    auto const rows = catches();
    for (auto const& [id, reason] : reasons()) {
        EXPECT_NE(find_rule(id), nullptr) << id;
        EXPECT_EQ(rows.count(id), 0U) << id;
        EXPECT_FALSE(reason.empty()) << id;
    }
}

}  // namespace
}  // namespace trunkline::conformance
