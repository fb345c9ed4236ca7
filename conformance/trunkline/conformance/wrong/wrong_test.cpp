// The kit against transports that are wrong on purpose: each has to be caught.
#include <trunkline/conformance/wrong/wrong.hpp>

#include <trunkline/conformance/judge.hpp>
#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/verdict.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <string_view>
#include <vector>

namespace trunkline::conformance {
namespace {

// As many catchers as are looked for: one would do, a second one tells that it was no accident.
constexpr std::size_t catchers_wanted = 2;

// The first rules that fail, in the first shape and both roles.
std::vector<std::string_view> catchers_of(subject const& wrong) {
    std::vector<std::string_view> found;
    for (rule const& each : all_rules()) {
        if (found.size() == catchers_wanted) {
            break;
        }
        for (auto const role : {initiator::client, initiator::server}) {
            if (judge(each, wrong, {.role = role}).what == outcome::failed) {
                found.push_back(each.id);
                break;
            }
        }
    }
    return found;
}

TEST(wrong_transports, a_right_one_is_not_caught) {
    for (bool const messages : {false, true}) {
        subject const right = right_transport(messages);
        for (rule const& each : all_rules()) {
            verdict const found = judge(each, right, {});
            EXPECT_NE(found.what, outcome::failed) << each.id << ": " << found.seen;
        }
    }
}

TEST(wrong_transports, at_least_95_of_100_are_caught) {
    std::size_t caught = 0;
    std::vector<std::string_view> missed;
    auto const all = wrong_transports();
    for (auto const& [fault, under_test] : all) {
        auto const by = catchers_of(under_test);
        std::printf("%-55.*s %-6s", static_cast<int>(fault.size()), fault.data(),
                    under_test.name.c_str());
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
    EXPECT_GE(caught * 100, all.size() * 95);
}

}  // namespace
}  // namespace trunkline::conformance
