// The kit as tests of GoogleTest: one for each rule and transport.
//
//     int main(int argc, char** argv) {
//         testing::InitGoogleTest(&argc, argv);
//         conformance::add_tests({my_transport()});
//         return RUN_ALL_TESTS();
//     }
#pragma once

#include <trunkline/conformance/judge.hpp>
#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/subject.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conformance {

/// One rule on one transport: every shape and role in which it says something. What is not
/// applicable is skipped, with its reason.
class rule_test : public ::testing::Test {
public:
    /// Every run of the rule there, with the size, seed and time of `base`; the rule outlives it.
    rule_test(rule const& what, std::shared_ptr<subject const> of, world_options const& base)
        : rule_(what), subject_(std::move(of)), base_(base) {}

    /// What GoogleTest runs.
    void TestBody() override {
        verdict const found = judge_all(rule_, *subject_, base_);
        if (found.what == outcome::not_applicable) {
            // Said aloud, as it is no pass. The kit's own tests see to it that each rule applies
            // somewhere (judge_test.cpp).
            GTEST_SKIP() << "not applicable: " << found.seen;
        }
        EXPECT_EQ(found.what, outcome::passed)
            << rule_.text << "\n  seen: " << found.seen << "\n  look at: " << rule_.look_at
            << "\n  again: " << found.repeat;
    }

private:
    rule const& rule_;
    std::shared_ptr<subject const> subject_;
    world_options base_;
};

/// Adds the tests "conformance_NAME.FLO_03" for each rule and transport; before RUN_ALL_TESTS().
inline void add_tests(std::vector<subject> const& transports, world_options const& base = {}) {
    for (subject const& each : transports) {
        auto const shared = std::make_shared<subject const>(each);
        for (rule const& what : all_rules()) {
            std::string name(what.id);
            name[3] = '_';
            ::testing::RegisterTest(("conformance_" + each.name).c_str(), name.c_str(), nullptr,
                                    nullptr, __FILE__, __LINE__,
                                    [&what, shared, base]() -> ::testing::Test* {
                                        return new rule_test(what, shared, base);
                                    });
        }
    }
}

}  // namespace trunkline::conformance
