// The house rules as a test: every rule holds for the project, and every rule catches the example
// that breaks it.
#include "tidy/rules.hpp"
#include "tidy/tree.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace tidy {

/// What a failure calls the rule.
static void PrintTo(rule const& each, std::ostream* out) {
    *out << each.name;
}

}  // namespace tidy

namespace {

tidy::tree const& project() {
    static tidy::tree const read = tidy::tree::read(TRUNKLINE_SOURCE_DIR);
    return read;
}

std::vector<tidy::rule> all_rules() {
    std::vector<tidy::rule> all;
    for (auto const& family :
         {tidy::text_rules(), tidy::include_rules(), tidy::build_rules(), tidy::document_rules()}) {
        all.insert(all.end(), family.begin(), family.end());
    }
    return all;
}

std::string joined(tidy::complaints const& found) {
    std::ostringstream out;
    for (auto const& each : found) {
        out << "  " << each << '\n';
    }
    return out.str();
}

class house : public testing::TestWithParam<tidy::rule> {};

TEST_P(house, obeys) {
    auto const found = GetParam().check(project());
    EXPECT_TRUE(found.empty()) << GetParam().sentence << " Not so:\n" << joined(found);
}

TEST_P(house, catches_its_bad_example) {
    EXPECT_FALSE(GetParam().check(tidy::tree(GetParam().bad_example)).empty());
}

INSTANTIATE_TEST_SUITE_P(rules, house, testing::ValuesIn(all_rules()),
                         [](auto const& each) { return each.param.name; });

TEST(tidy_tree, finds_the_rooms) {
    for (auto const* folder : {"core", "transports", "conformance", "server", "fuzz", "ci"}) {
        EXPECT_TRUE(project().has_folder(folder)) << folder;
    }
    EXPECT_NE(project().find("ci/tidy_test.cpp"), nullptr);
    EXPECT_EQ(project().find("ci/none"), nullptr);
    EXPECT_FALSE(project().has_folder("build"));
}

}  // namespace
