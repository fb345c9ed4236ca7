#include <trunkline/config/limit_relations.hpp>

#include <gtest/gtest.h>

namespace trunkline::config {
namespace {

struct limits_table : ::testing::Test {
    std::size_t message = 16;
    std::size_t held = 24;
    setting_list settings{{"message", "", count_of(message, 1, 1000), true},
                          {"held", "", count_of(held, 1, 1000), true}};
    std::vector<relation> relations{
        {"message", "held", [](std::uint64_t inner) { return inner + 1; },
         [](std::uint64_t inner) { return inner + 8; },
         [](std::uint64_t outer) { return outer / 2; }, "a connection must hold one message"}};

    std::string given(std::string_view message_text, std::string_view held_text) {
        if (!message_text.empty()) {
            EXPECT_TRUE(assign(settings[0], message_text, origin::flag));
        }
        if (!held_text.empty()) {
            EXPECT_TRUE(assign(settings[1], held_text, origin::file));
        }
        return reconcile(settings, relations);
    }
};

TEST_F(limits_table, stays_as_it_is_when_nothing_is_given) {
    EXPECT_EQ(given("", ""), "");
    EXPECT_EQ(message, 16u);
    EXPECT_EQ(held, 24u);
}

TEST_F(limits_table, raises_what_contains_a_raised_limit) {
    EXPECT_EQ(given("64", ""), "");
    EXPECT_EQ(held, 72u);
}

TEST_F(limits_table, leaves_a_container_that_is_large_enough) {
    EXPECT_EQ(given("2", ""), "");
    EXPECT_EQ(held, 24u);
}

TEST_F(limits_table, lowers_what_a_lowered_limit_contains) {
    EXPECT_EQ(given("", "10"), "");
    EXPECT_EQ(message, 5u);
}

TEST_F(limits_table, keeps_two_given_values_that_agree) {
    EXPECT_EQ(given("30", "31"), "");
    EXPECT_EQ(message, 30u);
    EXPECT_EQ(held, 31u);
}

TEST_F(limits_table, refuses_an_explicit_contradiction) {
    EXPECT_EQ(given("30", "30"),
              "--held 30 is too small for --message 30: a connection must hold one message; raise "
              "it to 38 or leave it out");
}

}  // namespace
}  // namespace trunkline::config
