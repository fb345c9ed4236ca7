#include <trunkline/load/histogram.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace trunkline::load {
namespace {

TEST(histogram, tells_small_numbers_as_they_are) {
    histogram of;
    for (std::uint64_t value = 1; value <= 100; ++value) {
        of.add(value);
    }
    EXPECT_EQ(of.total(), 100U);
    EXPECT_EQ(of.at(0.5), 50U);
    EXPECT_EQ(of.at(0.99), 99U);
    EXPECT_EQ(of.at(0.999), 100U);
    EXPECT_EQ(of.at(1), 100U);
}

TEST(histogram, tells_each_number_a_little_too_high_and_never_too_low) {
    for (std::uint64_t value = 1; value < std::numeric_limits<std::uint64_t>::max() / 3;
         value = value * 3 / 2 + 1) {
        histogram of;
        of.add(value);
        EXPECT_GE(of.at(0.5), value);
        EXPECT_LE(of.at(0.5) - value, value / 64) << value;
    }
}

TEST(histogram, has_room_for_the_largest_number) {
    histogram of;
    of.add(std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(of.at(1), std::numeric_limits<std::uint64_t>::max());
}

TEST(histogram, without_numbers_tells_none) {
    EXPECT_EQ(histogram().at(0.5), 0U);
}

TEST(histogram, adds_up) {
    histogram one;
    one.add(1);
    histogram other;
    other.add(100);
    other.add(100);
    one.add(other);
    EXPECT_EQ(one.total(), 3U);
    EXPECT_EQ(one.at(0.3), 1U);
    EXPECT_EQ(one.at(0.5), 100U);
}

TEST(histogram, finds_the_one_slow_answer_among_a_thousand) {
    histogram of;
    for (int i = 0; i < 999; ++i) {
        of.add(10);
    }
    of.add(5000);
    EXPECT_EQ(of.at(0.999), 10U);
    EXPECT_GE(of.at(0.9995), 5000U);
}

}  // namespace
}  // namespace trunkline::load
