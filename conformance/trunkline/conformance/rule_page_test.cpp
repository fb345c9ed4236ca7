// conformance/RULES.md says of every rule of the catalogue what the kit has of it.
#include <trunkline/conformance/rule.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

// The catalogue: how many rules each family has.
constexpr std::array<std::pair<std::string_view, int>, 21> catalogue{
    {{"EST", 15}, {"INT", 13}, {"DLV", 9}, {"CLS", 12}, {"STA", 8}, {"MUX", 13}, {"FLO", 13},
     {"CAN", 10}, {"DDL", 9},  {"BID", 6}, {"REC", 8},  {"RES", 8}, {"FLT", 13}, {"MAL", 14},
     {"LIM", 12}, {"LIV", 7},  {"SHD", 8}, {"THR", 8},  {"ERR", 6}, {"OBS", 4},  {"SEC", 7}}};

std::filesystem::path page_file() {
    return std::filesystem::path(TRUNKLINE_SOURCE_DIR) / "conformance/RULES.md";
}

std::string page() {
    std::ifstream file(page_file());
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string needs_text(needs which) {
    constexpr std::array<std::pair<needs, std::string_view>, 9> names{
        {{needs::virtual_time, "virtual time"},
         {needs::half_close, "half-close"},
         {needs::message_borders, "message borders"},
         {needs::probe, "probe"},
         {needs::close_reason, "close reason"},
         {needs::identity, "identity"},
         {needs::secure, "TLS"},
         {needs::compression, "compression"},
         {needs::reset, "reset"}}};
    std::string text;
    for (auto const& [need, name] : names) {
        if (includes(which, need)) {
            text += (text.empty() ? "" : ", ") + std::string(name);
        }
    }
    if (includes(which, needs::faults)) {
        text += std::string(text.empty() ? "" : ", ") + "faults";
    }
    return text;
}

std::string row_of(rule const& each) {
    constexpr std::array<char const*, 3> levels{"M", "S", "R"};
    std::ostringstream row;
    row << "| " << each.id << " | " << levels.at(static_cast<std::size_t>(each.binding)) << " | "
        << each.text << " | " << needs_text(each.uses) << " |";
    return row.str();
}

constexpr std::string_view begin_mark = "<!-- rules: begin -->\n";
constexpr std::string_view end_mark = "<!-- rules: end -->\n";

std::string table() {
    std::string text =
        "| rule | level | what has to be seen | needs |\n| --- | --- | --- | --- |\n";
    for (rule const& each : all_rules()) {
        text += row_of(each) + "\n";
    }
    return text;
}

// With TRUNKLINE_WRITE_RULES the table is put into the page.
TEST(rules_page, has_the_rules_of_the_kit_word_for_word) {
    std::string text = page();
    auto const begin = text.find(begin_mark);
    auto const end = text.find(end_mark);
    ASSERT_NE(begin, std::string::npos);
    ASSERT_NE(end, std::string::npos);
    auto const from = begin + begin_mark.size();
    if (std::getenv("TRUNKLINE_WRITE_RULES") != nullptr) {
        text.replace(from, end - from, table());
        std::ofstream(page_file()) << text;
    } else {
        EXPECT_EQ(text.substr(from, end - from), table())
            << "TRUNKLINE_WRITE_RULES=1 rule_page_test writes it anew";
    }
}

// Each id once: as a rule of the kit, or with the reason why it is none.
TEST(rules_page, names_every_rule_of_the_catalogue_once) {
    std::map<std::string, int> rows;
    std::istringstream lines(page());
    for (std::string line; std::getline(lines, line);) {
        if (line.size() > 10 && line.starts_with("| ") && line[5] == '-') {
            ++rows[line.substr(2, 6)];
        }
    }
    std::size_t count = 0;
    for (auto const& [family, size] : catalogue) {
        for (int i = 1; i <= size; ++i) {
            ++count;
            std::string const id = std::string(family) + (i < 10 ? "-0" : "-") + std::to_string(i);
            EXPECT_EQ(rows[id], 1) << id;
        }
    }
    EXPECT_EQ(rows.size(), count);
}

TEST(rules, have_ids_texts_and_something_to_look_at) {
    std::map<std::string_view, int> seen;
    for (rule const& each : all_rules()) {
        EXPECT_EQ(++seen[each.id], 1) << each.id;
        EXPECT_FALSE(each.text.empty()) << each.id;
        EXPECT_FALSE(each.look_at.empty()) << each.id;
        ASSERT_NE(each.check, nullptr) << each.id;
        EXPECT_EQ(find_rule(each.id), &each);
    }
}

}  // namespace
}  // namespace trunkline::conformance
