// What a store may answer: no more than the writes allow, and all of it.
#include <trunkline/sim/expected_values.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trunkline::sim {
namespace {

using failed = expected_values::failed;

bool may_be(expected_values& of, std::string const& value) {
    return expected_values::allows(of.reading("k"), value);
}

TEST(expected_values, what_was_acknowledged_once_is_all_there_may_be) {
    expected_values values;
    values.begin("k", "1");
    EXPECT_TRUE(may_be(values, "") && may_be(values, "1"));
    values.acknowledge("k", false);
    EXPECT_TRUE(may_be(values, "1") && !may_be(values, ""));
    values.begin("k", "2");
    values.acknowledge("k", false);
    EXPECT_FALSE(may_be(values, "1"));
}

TEST(expected_values, what_may_come_twice_may_come_late) {
    expected_values values;
    values.begin("k", "1");
    values.acknowledge("k", true);
    values.begin("k", "2");
    values.fail("k", failed::perhaps);
    values.begin("k", "3");
    values.fail("k", failed::for_sure);
    EXPECT_TRUE(may_be(values, "1") && may_be(values, "2") && !may_be(values, "3"));
}

TEST(expected_values, nothing_comes_late_once_it_is_settled) {
    expected_values values;
    values.begin("k", "1");
    values.fail("k", failed::perhaps);
    EXPECT_TRUE(values.settle("k", ""));
    EXPECT_FALSE(may_be(values, "1"));
    EXPECT_FALSE(values.settle("k", "1"));
}

struct batches : ::testing::Test {
    batches() { values.begin_all({"a", "b"}, "1"); }
    bool comes_back(std::string const& a, std::string const& b) {
        EXPECT_TRUE(values.settle("a", a) && values.settle("b", b));
        return values.begin_life({{"a", a}, {"b", b}});
    }
    void fail() {
        values.fail("a", failed::perhaps);
        values.fail("b", failed::perhaps);
    }
    expected_values values;
};

TEST_F(batches, are_there_as_a_whole_or_not_at_all) {
    fail();
    auto const other = values;
    EXPECT_TRUE(comes_back("1", "1"));
    values = other;
    EXPECT_TRUE(comes_back("", ""));
    values = other;
    EXPECT_FALSE(comes_back("1", ""));
    values = other;
    EXPECT_FALSE(comes_back("", "1"));
}

TEST_F(batches, may_be_written_over) {
    fail();
    values.begin("a", "2");
    values.acknowledge("a", false);
    auto const other = values;
    EXPECT_TRUE(comes_back("2", ""));
    values = other;
    EXPECT_TRUE(comes_back("2", "1"));
    values = other;
    EXPECT_FALSE(comes_back("1", ""));
}

TEST_F(batches, of_an_earlier_life_are_done_with_and_others_are_not) {
    EXPECT_TRUE(comes_back("", ""));
    EXPECT_FALSE(comes_back("1", "")) << "it was under way";
    fail();
    EXPECT_TRUE(comes_back("1", "1"));
    EXPECT_EQ(values.life(), 3U);
}

TEST_F(batches, have_tails_that_begin_anew_with_a_life) {
    values.acknowledge_tail(7);
    values.acknowledge_tail(5);
    EXPECT_EQ(values.tail(), 7U);
    EXPECT_TRUE(comes_back("", ""));
    EXPECT_EQ(values.tail(), 0U);
}

}  // namespace
}  // namespace trunkline::sim
