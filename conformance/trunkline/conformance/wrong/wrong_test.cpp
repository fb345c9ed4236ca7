// The kit against transports that are wrong on purpose: each has to be caught.
#include <trunkline/conformance/wrong/wrong.hpp>

#include <trunkline/conformance/judge.hpp>
#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/verdict.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <set>
#include <string_view>
#include <vector>

namespace trunkline::conformance {
namespace {

// There are never fewer.
constexpr std::size_t wrong_ones_wanted = 60;

// As many catchers as are looked for: one would do, a second one tells that it was no accident.
constexpr std::size_t catchers_wanted = 2;

// The rule it was made for, where that fails; else the first ones that do.
std::vector<std::string_view> catchers_of(wrong_transport const& wrong) {
    if (!wrong.seen_by.empty() && is_caught(wrong.under_test, *find_rule(wrong.seen_by))) {
        return {wrong.seen_by};
    }
    std::vector<std::string_view> found;
    for (rule const& each : all_rules()) {
        if (found.size() == catchers_wanted) {
            break;
        }
        if (is_caught(wrong.under_test, each)) {
            found.push_back(each.id);
        }
    }
    return found;
}

TEST(wrong_transports, a_right_one_is_not_caught) {
    for (subject const& right : {right_transport(false), right_transport(true), right_driver()}) {
        for (rule const& each : all_rules()) {
            verdict const found = judge(each, right, {});
            EXPECT_NE(found.what, outcome::failed) << each.id << ": " << found.seen;
        }
    }
}

TEST(wrong_transports, frames_are_not_caught_for_how_they_are_read) {
    subject const right = right_frames();
    std::set<std::string_view> rules;
    for (wrong_transport const& each : wrong_transports()) {
        if (!each.under_test.drive && !each.seen_by.empty()) {
            rules.insert(each.seen_by);
        }
    }
    // What the reader of frames does itself: it holds bytes back until a frame is whole, so that a
    // cut one is unseen (MAL-01) and a byte that came is not yet a sign of life (LIV-06).
    rules.erase("MAL-01");
    rules.erase("LIV-06");
    for (std::string_view const each : rules) {
        EXPECT_FALSE(is_caught(right, *find_rule(each))) << each;
    }
}

TEST(wrong_transports, at_least_95_of_100_are_caught) {
    std::size_t caught = 0;
    std::vector<std::string_view> missed;
    auto const all = wrong_transports();
    for (wrong_transport const& each : all) {
        std::string_view const fault = each.fault;
        auto const by = catchers_of(each);
        if (!each.seen_by.empty()) {
            EXPECT_EQ(by.empty() ? "" : by.front(), each.seen_by) << fault;
        }
        std::printf("%-55.*s %-6s", static_cast<int>(fault.size()), fault.data(),
                    each.under_test.name.c_str());
        for (std::string_view const id : by) {
            std::printf(" %.*s", static_cast<int>(id.size()), id.data());
        }
        std::printf("\n");
        std::fflush(stdout);
        by.empty() ? missed.push_back(fault) : static_cast<void>(++caught);
    }
    for (auto const each : missed) {
        std::printf("not caught: %.*s\n", static_cast<int>(each.size()), each.data());
    }
    EXPECT_GE(all.size(), wrong_ones_wanted);
    EXPECT_GE(caught * 100, all.size() * 95);
}

}  // namespace
}  // namespace trunkline::conformance
