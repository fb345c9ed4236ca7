#include <trunkline/config/units.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace trunkline::config {
namespace {

using std::chrono::milliseconds;

TEST(size_text, is_a_number_with_a_binary_unit) {
    struct row {
        std::string_view text;
        std::uint64_t bytes;
    };
    for (auto const& [text, bytes] :
         {row{"0", 0}, row{"17", 17}, row{"17B", 17}, row{"4KiB", 4096}, row{"64MiB", 67108864},
          row{"64 mib", 67108864}, row{"3GIB", 3221225472}, row{"2TiB", 2199023255552},
          row{"16777215TiB", 16777215ull << 40}}) {
        auto const parsed = parse_size(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(*parsed, bytes) << text;
    }
}

TEST(size_text, refuses_everything_else) {
    for (std::string_view const text : {"", " ", "MiB", "-1", "+1", "1.5GiB", "64MB", "64M", "64kB",
                                        "1 ", "1  KiB", " 1", "0x10", "1KiBs", "many"}) {
        EXPECT_EQ(parse_size(text).error(), config_error::not_a_size) << text;
    }
    for (std::string_view const text : {"18446744073709551616", "16777216TiB"}) {
        EXPECT_EQ(parse_size(text).error(), config_error::above_maximum) << text;
    }
}

TEST(duration_text, is_a_number_with_a_unit) {
    struct row {
        std::string_view text;
        std::int64_t duration_ms;
    };
    for (auto const& [text, duration_ms] :
         {row{"0", 0}, row{"0ms", 0}, row{"250ms", 250}, row{"15s", 15'000}, row{"2 min", 120'000},
          row{"3h", 10'800'000}, row{"9223372036854775807ms", 9223372036854775807}}) {
        auto const parsed = parse_duration(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->count(), duration_ms) << text;
    }
}

TEST(duration_text, refuses_everything_else) {
    for (std::string_view const text : {"", "s", "-1s", "1.5s", "1m", "1sec", "1S", "1 ", "soon"}) {
        EXPECT_EQ(parse_duration(text).error(), config_error::not_a_duration) << text;
    }
    EXPECT_EQ(parse_duration("15").error(), config_error::missing_unit);
    EXPECT_EQ(parse_duration("9223372036854775808ms").error(), config_error::above_maximum);
    EXPECT_EQ(parse_duration("9223372036854775807s").error(), config_error::above_maximum);
}

TEST(count_text, is_a_plain_number) {
    EXPECT_EQ(*parse_count("0"), 0u);
    EXPECT_EQ(*parse_count("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
    for (std::string_view const text : {"", "-1", "4k", "1 ", "one", "1.0"}) {
        EXPECT_EQ(parse_count(text).error(), config_error::not_a_count) << text;
    }
    EXPECT_EQ(parse_count("18446744073709551616").error(), config_error::above_maximum);
}

TEST(formatted_numbers, are_short_and_exact) {
    EXPECT_EQ(format_size(0), "0B");
    EXPECT_EQ(format_size(1536), "1536B");
    EXPECT_EQ(format_size(16777216), "16MiB");
    EXPECT_EQ(format_duration(milliseconds{0}), "0ms");
    EXPECT_EQ(format_duration(milliseconds{1500}), "1500ms");
    EXPECT_EQ(format_duration(milliseconds{120'000}), "2min");
}

}  // namespace
}  // namespace trunkline::config
