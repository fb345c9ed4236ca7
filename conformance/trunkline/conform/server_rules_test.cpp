// The rules from outside: servers that are right pass them all, and each rule fails where a server
// does wrong what it is about.
#include <trunkline/conform/server_rules.hpp>

#include <trunkline/conform/played_server.hpp>
#include <trunkline/conform/rules/families.hpp>
#include <trunkline/conformance/judge.hpp>
#include <trunkline/conformance/report/reporters.hpp>

#include <trunkline/base/scratch_folder.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace trunkline::conform {
namespace {

using namespace std::chrono_literals;
using conformance::outcome;
using conformance::rule;

class each_rule : public ::testing::TestWithParam<rule> {};

std::string name_of_rule(::testing::TestParamInfo<rule> const& info) {
    std::string name(info.param.id);
    std::ranges::replace(name, '-', '_');
    return name;
}

void expect_holds(rule const& what, conformance::subject const& of) {
    auto const found = judge(what, of, {});
    bool const holds = found.what == outcome::passed ||
                       (found.what == outcome::not_applicable && what.uses != one_run);
    EXPECT_TRUE(holds) << what.id << " on " << of.name << ": " << found.seen;
}

TEST_P(each_rule, holds_for_a_server_of_ours) {
    expect_holds(GetParam(), own_server(true));
    expect_holds(GetParam(), own_server(false));
}

TEST_P(each_rule, holds_for_a_server_that_is_played_rightly) {
    expect_holds(GetParam(), played_server(true, flaw::none));
    expect_holds(GetParam(), played_server(false, flaw::none));
}

struct wrong_server {
    std::string_view rule;
    flaw what;
    bool over_websocket = false;
};

constexpr std::array wrong_servers{
    wrong_server{"EST-01", flaw::answers_nothing},
    wrong_server{"EST-10", flaw::answers_on_the_first_connection},
    wrong_server{"EST-11", flaw::serves_few_at_once},
    wrong_server{"EST-13", flaw::upgrades_anything, true},
    wrong_server{"EST-15", flaw::answers_in_one_layout},
    wrong_server{"INT-02", flaw::drops_empty_calls},
    wrong_server{"INT-03", flaw::drops_large_calls},
    wrong_server{"INT-06", flaw::cuts_zeros},
    wrong_server{"INT-07", flaw::dies_of_text, true},
    wrong_server{"INT-11", flaw::mixes_streams},
    wrong_server{"INT-11", flaw::swaps_parts},
    wrong_server{"DLV-01", flaw::wants_whole_frames},
    wrong_server{"DLV-02", flaw::reads_few_frames},
    wrong_server{"DLV-03", flaw::wants_whole_frames},
    wrong_server{"DLV-06", flaw::wants_whole_frames, true},
    wrong_server{"DLV-07", flaw::drops_what_comes_early},
    wrong_server{"DLV-08", flaw::replaces_what_is_held},
    wrong_server{"CLS-01", flaw::hangs_up_at_the_end},
    wrong_server{"CLS-09", flaw::drops_what_follows_a_cancel},
    wrong_server{"CLS-11", flaw::closes_without_a_word, true},
    wrong_server{"CLS-11", flaw::stays_behind_a_close, true},
    wrong_server{"MUX-01", flaw::shares_ids},
    wrong_server{"MUX-02", flaw::answers_few_calls},
    wrong_server{"MUX-04", flaw::answers_with_an_error},
    wrong_server{"MUX-05", flaw::wants_calls_in_one_piece},
    wrong_server{"MUX-07", flaw::answers_answers},
    wrong_server{"MUX-08", flaw::dies_of_late_frames},
    wrong_server{"MUX-13", flaw::counts_from_one},
    wrong_server{"FLO-02", flaw::drops_what_is_not_taken},
    wrong_server{"CAN-04", flaw::answers_cancels},
    wrong_server{"CAN-10", flaw::counts_cancels},
    wrong_server{"RES-02", flaw::serves_few_connections},
    wrong_server{"RES-03", flaw::answers_few_calls},
    wrong_server{"RES-08", flaw::counts_broken_handshakes, true},
    wrong_server{"FLT-09", flaw::dies_of_a_reset},
    wrong_server{"FLT-10", flaw::waits_for_slow_readers},
    wrong_server{"FLT-11", flaw::waits_for_handshakes, true},
    wrong_server{"FLT-11", flaw::restarts_the_clock_of_handshakes, true},
    wrong_server{"MAL-01", flaw::waits_for_large_frames},
    wrong_server{"MAL-02", flaw::dies_of_large_frames},
    wrong_server{"MAL-03", flaw::dies_of_unknown_kinds},
    wrong_server{"MAL-04", flaw::answers_parts},
    wrong_server{"MAL-04", flaw::answers_parts, true},
    wrong_server{"MAL-05", flaw::dies_of_unknown_kinds},
    wrong_server{"MAL-05", flaw::dies_of_broken_heads, true},
    wrong_server{"MAL-05", flaw::answers_broken_heads},
    wrong_server{"MAL-06", flaw::dies_of_large_frames},
    wrong_server{"MAL-06", flaw::dies_of_broken_heads},
    wrong_server{"MAL-06", flaw::dies_of_broken_heads, true},
    wrong_server{"MAL-07", flaw::answers_bare_ends},
    wrong_server{"MAL-08", flaw::answers_late_ends},
    wrong_server{"MAL-09", flaw::ends_at_broken_heads},
    wrong_server{"MAL-09", flaw::answers_broken_heads},
    wrong_server{"MAL-12", flaw::tells_breaches_as_normal, true},
    wrong_server{"MAL-12", flaw::bears_breaches, true},
    wrong_server{"MAL-14", flaw::refuses_data_first},
    wrong_server{"LIM-11", flaw::ends_all_at_once},
    wrong_server{"LIM-12", flaw::bears_strangers},
    wrong_server{"LIM-12", flaw::bears_strangers, true},
    wrong_server{"LIV-01", flaw::answers_pings_with_nothing, true},
    wrong_server{"LIV-03", flaw::ends_at_pongs, true},
    wrong_server{"LIV-04", flaw::takes_large_pings, true},
    wrong_server{"LIV-05", flaw::answers_few_pings, true},
    wrong_server{"LIV-06", flaw::ends_silence},
    wrong_server{"ERR-06", flaw::answers_twice},
};

TEST_P(each_rule, fails_for_a_server_that_breaks_it) {
    std::size_t broken = 0;
    for (wrong_server const& each : wrong_servers) {
        if (each.rule == GetParam().id) {
            ++broken;
            auto const found = judge(GetParam(), played_server(each.over_websocket, each.what), {});
            EXPECT_EQ(found.what, outcome::failed) << found.seen;
            EXPECT_NE(found.seen, "");
        }
    }
    EXPECT_GE(broken, 1U);
}

// What the protocol leaves open: other ways than ours are as right.
TEST(server_rules, hold_for_servers_that_do_it_another_way) {
    for (wrong_server const& each : std::array{
             wrong_server{"EST-11", flaw::refuses_beyond_few},
             wrong_server{"EST-13", flaw::serves_every_path, true},
             wrong_server{"DLV-08", flaw::rejects_repeated_frames},
             wrong_server{"MAL-04", flaw::stays_behind_a_close, true},
             wrong_server{"MAL-12", flaw::closes_without_a_word, true},
         }) {
        auto const what = std::ranges::find(server_rules(), each.rule, &rule::id);
        auto const found = judge(*what, played_server(each.over_websocket, each.what), {});
        EXPECT_EQ(found.what, outcome::passed) << each.rule << ": " << found.seen;
    }
}

// A socket of the system holds megabytes for who does not read: that has to be full, too.
TEST(server_rules, fill_the_sockets_of_the_system) {
    constexpr auto real = conformance::world_options{.virtual_time = false};
    constexpr std::array broken{std::pair{"FLO-02", flaw::drops_what_is_not_taken},
                                std::pair{"FLT-10", flaw::waits_for_slow_readers}};
    for (auto const& [id, wrong] : broken) {
        auto const what = std::ranges::find(server_rules(), id, &rule::id);
        auto const right = judge(*what, played_tcp_server(flaw::none, 60s), real);
        EXPECT_EQ(right.what, outcome::passed) << id << ": " << right.seen;
        auto const found = judge(*what, played_tcp_server(wrong, 1s), real);
        EXPECT_EQ(found.what, outcome::failed) << id;
    }
}

INSTANTIATE_TEST_SUITE_P(server_rules, each_rule, ::testing::ValuesIn(server_rules()),
                         name_of_rule);

TEST(server_rules, are_those_of_the_catalogue_in_its_order) {
    std::string const page = read_file(TRUNKLINE_SOURCE_DIR "/conformance/RULES.md");
    std::set<std::string_view> ids;
    for (rule const& each : server_rules()) {
        EXPECT_TRUE(ids.insert(each.id).second) << each.id;
        EXPECT_NE(page.find("\n| " + std::string(each.id) + " |"), page.npos) << each.id;
        EXPECT_FALSE(each.text.empty() || each.look_at.empty()) << each.id;
    }
    auto const all = conformance::all_rules();
    EXPECT_TRUE(std::ranges::is_sorted(server_rules(), {}, [&](rule const& each) {
        auto const family = std::ranges::find(all, family_of(each), &conformance::family_of);
        return std::pair(family - all.begin(), each.id);
    }));
}

TEST(server_rules, stand_on_the_page) {
    std::string const page = read_file(TRUNKLINE_SOURCE_DIR "/docs/conform.md");
    std::string table;
    for (rule const& each : server_rules()) {
        table += "| " + std::string(each.id) + " | " + std::string(each.text) + " |\n";
    }
    EXPECT_NE(page.find("|---|---|\n" + table + "\n"), page.npos) << table;
}

}  // namespace
}  // namespace trunkline::conform
