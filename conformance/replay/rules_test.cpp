#include <replay/rules.hpp>
#include <trunkline/base/format_page.hpp>

#include <gtest/gtest.h>

namespace trunkline::replay {
namespace {

TEST(rules, are_those_of_the_page) {
    format_table const page =
        format_page(TRUNKLINE_SOURCE_DIR "/conformance/README.md").table("Differences");
    ASSERT_EQ(page.rows.size(), all_rules().size() + 1);
    for (std::size_t i = 0; i < all_rules().size(); ++i) {
        rule_text const& each = all_rules()[i];
        EXPECT_EQ(page.rows[i + 1].at(1), each.section);
        EXPECT_EQ(page.rows[i + 1].at(2), each.says);
        EXPECT_EQ(&text_of(each.name), &each);
        EXPECT_TRUE(our_rules().has(each.name));
    }
}

}  // namespace
}  // namespace trunkline::replay
