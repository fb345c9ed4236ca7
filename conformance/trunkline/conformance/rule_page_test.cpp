// conformance/RULES.md says of every rule of the catalogue what the kit has of it.
#include <trunkline/conformance/rule.hpp>

#include <trunkline/conformance/judge.hpp>
#include <trunkline/conformance/simulated.hpp>
#include <trunkline/conformance/sockets.hpp>

#include <gtest/gtest.h>

#include <algorithm>
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

// "48 KiB", "16 KiB a part", "500 calls".
std::string amount_text(std::size_t amount, std::string_view of) {
    constexpr std::string_view bytes = "bytes";
    auto const rest = of.starts_with(bytes) ? std::string(of.substr(bytes.size())) : std::string();
    if (of.starts_with(bytes) && amount > 0 && amount % (1 * mib) == 0) {
        return std::to_string(amount / (1 * mib)) + " MiB" + rest;
    }
    if (of.starts_with(bytes) && amount > 0 && amount % (1 * kib) == 0) {
        return std::to_string(amount / (1 * kib)) + " KiB" + rest;
    }
    return std::to_string(amount) + " " + std::string(of);
}

std::string volume_text(rule const& of, std::size_t quantity::* amount) {
    std::string text;
    for (quantity const& each : of.volumes.each) {
        if (!each.of.empty()) {
            text += (text.empty() ? "" : ", ") + amount_text(each.*amount, each.of);
        }
    }
    return text.empty() ? "all" : text;
}

std::string row_of(rule const& each) {
    constexpr std::array<char const*, 3> levels{"M", "S", "R"};
    std::ostringstream row;
    row << "| " << each.id << " | " << levels.at(static_cast<std::size_t>(each.binding)) << " | "
        << each.text << " | " << needs_text(each.uses) << " | "
        << volume_text(each, &quantity::quick) << " | " << volume_text(each, &quantity::full)
        << " | " << (each.volumes.reason.empty() ? "small as it is" : each.volumes.reason) << " |";
    return row.str();
}

constexpr std::string_view begin_mark = "<!-- rules: begin -->\n";
constexpr std::string_view end_mark = "<!-- rules: end -->\n";

std::string table() {
    std::string text =
        "| rule | level | what has to be seen | needs | quick | full | why |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n";
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

// Whether the rule means something there, and asks for all that it states.
bool is_followed(rule const& what, subject const& of) {
    world_options const how{.virtual_time = of.has.virtual_time};
    if (!unmet_need(what, of, how.virtual_time).empty()) {
        return false;
    }
    world at(of, how, &what);
    try {
        what.check(at);
    } catch (rule_not_applicable const&) {
        return false;
    } catch (rule_broken const& broken) {
        ADD_FAILURE() << what.id << ": " << broken.seen;
    }
    return at.was_asked_for_all();
}

// What a rule states is what it does: world::amount() refuses all else.
TEST(rules, do_as_much_as_they_state) {
    auto everywhere = simulated_subjects();
    std::ranges::copy(socket_subjects(), std::back_inserter(everywhere));
    std::ranges::rotate(everywhere, everywhere.begin() + 1);  // memory has no links to disturb
    for (rule const& each : all_rules()) {
        EXPECT_EQ(each.volumes.reason.empty(), each.volumes.each.front().of.empty()) << each.id;
        for (quantity const& one : each.volumes.each) {
            EXPECT_TRUE(one.of.empty() || one.quick != one.full) << each.id << ", " << one.of;
        }
        EXPECT_TRUE(each.volumes.reason.empty() ||
                    std::ranges::any_of(everywhere,
                                        [&](subject const& of) { return is_followed(each, of); }))
            << each.id;
    }
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
