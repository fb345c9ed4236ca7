#include <trunkline/base/utf8.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace trunkline {
namespace {

struct row {
    std::string_view text;
    bool valid;
};

constexpr row rows[] = {
    {"", true},
    {"plain ascii, longer than one machine word", true},
    {"\x7f", true},
    {"\xc2\x80", true},
    {"\xdf\xbf", true},
    {"\xe0\xa0\x80", true},
    {"\xed\x9f\xbf", true},
    {"\xee\x80\x80", true},
    {"\xef\xbf\xbf", true},
    {"\xf0\x90\x80\x80", true},
    {"\xf4\x8f\xbf\xbf", true},
    {"12345678\xd0\xbe"
     "12345678\xd1\x88",
     true},
    {"\x80", false},
    {"\xc0\x80", false},  // overlong
    {"\xc1\xbf", false},
    {"\xe0\x9f\xbf", false},
    {"\xed\xa0\x80", false},  // surrogate
    {"\xf0\x8f\xbf\xbf", false},
    {"\xf4\x90\x80\x80", false},  // above U+10FFFF
    {"\xf5\x80\x80\x80", false},
    {"\xff", false},
    {"\xe2\x28\xa1", false},
    {"12345678\xd0", false},  // cut off
    {"\xf0\x90\x80", false},
};

TEST(utf8, accepts_exactly_the_scalar_values_in_shortest_form) {
    for (row const& each : rows) {
        EXPECT_EQ(is_utf8(as_bytes(each.text)), each.valid) << each.text;
    }
}

TEST(utf8, every_split_gives_the_same_verdict) {
    for (row const& each : rows) {
        for (std::size_t cut = 0; cut <= each.text.size(); ++cut) {
            utf8_validator validator;
            bool const valid = validator.feed(as_bytes(each.text.substr(0, cut))) &&
                               validator.feed(as_bytes(each.text.substr(cut))) &&
                               validator.complete();
            EXPECT_EQ(valid, each.valid) << each.text << " cut at " << cut;
        }
    }
}

// The plain definition: the scalar value, written in its only allowed form.
std::string encoded(std::uint32_t scalar) {
    std::string out;
    auto const put = [&](std::uint32_t value) { out += static_cast<char>(value); };
    if (scalar < 0x80) {
        put(scalar);
    } else if (scalar < 0x800) {
        put(0xc0 | scalar >> 6);
        put(0x80 | (scalar & 0x3f));
    } else if (scalar < 0x10000) {
        put(0xe0 | scalar >> 12);
        put(0x80 | (scalar >> 6 & 0x3f));
        put(0x80 | (scalar & 0x3f));
    } else {
        put(0xf0 | scalar >> 18);
        put(0x80 | (scalar >> 12 & 0x3f));
        put(0x80 | (scalar >> 6 & 0x3f));
        put(0x80 | (scalar & 0x3f));
    }
    return out;
}

TEST(utf8, takes_every_scalar_value_and_no_surrogate) {
    for (std::uint32_t scalar = 0; scalar <= 0x110fff; ++scalar) {
        bool const valid = scalar <= 0x10ffff && (scalar < 0xd800 || scalar > 0xdfff);
        ASSERT_EQ(is_utf8(as_bytes(encoded(scalar))), valid) << scalar;
    }
}

TEST(utf8, every_short_sequence_agrees_with_the_definition) {
    // All valid texts of at most three bytes, and every other sequence of at most three is refused
    // or incomplete.
    std::vector<bool> valid_1(256), valid_2(65536), valid_3(1U << 24);
    auto const index = [](std::string const& text) {
        std::size_t value = 0;
        for (char const c : text) {
            value = value << 8 | static_cast<unsigned char>(c);
        }
        return value;
    };
    for (std::uint32_t scalar = 0; scalar < 0x10000; ++scalar) {
        if (scalar >= 0xd800 && scalar <= 0xdfff) {
            continue;
        }
        auto const text = encoded(scalar);
        (text.size() == 1 ? valid_1 : text.size() == 2 ? valid_2 : valid_3)[index(text)] = true;
    }
    for (std::uint32_t i = 0; i < 65536; ++i) {
        std::string const text = {static_cast<char>(i >> 8), static_cast<char>(i)};
        bool const expected = valid_2[i] || (valid_1[i >> 8] && valid_1[i & 0xff]);
        ASSERT_EQ(is_utf8(as_bytes(text)), expected) << i;
        for (unsigned const last : {0x00U, 0x41U, 0x7fU, 0x80U, 0x8fU, 0x90U, 0x9fU, 0xa0U, 0xbfU,
                                    0xc0U, 0xc2U, 0xe0U, 0xedU, 0xf0U, 0xf4U, 0xffU}) {
            auto const longer = text + static_cast<char>(last);
            bool const expected_3 = valid_3[i << 8 | last] || (expected && valid_1[last]) ||
                                    (valid_1[i >> 8] && valid_2[(i & 0xff) << 8 | last]);
            ASSERT_EQ(is_utf8(as_bytes(longer)), expected_3) << i << " " << last;
        }
    }
}

struct first_bad_case {
    char const* text;
    std::size_t first_bad;  // the index at which feeding byte by byte must fail
};

TEST(utf8, fails_at_the_first_bad_byte) {
    first_bad_case const cases[] = {
        {"\x80", 0},         {"ab\xc0\x80", 2},           {"\xc1\xbf", 0},
        {"\xe0\x80\x80", 1}, {"\xe0\x9f\xbf", 1},         {"\xed\xa0\x80", 1},
        {"\xf0\x8f\x80", 1}, {"\xf4\x90\x80\x80", 1},     {"\xf5\x80", 0},
        {"\xff", 0},         {"\xce\xba\xe1\xbd\x41", 4}, {"\xf0\x9f\x98\xc0", 3},
        {"12345678\xf8", 8}, {"1234567\xc3\x28", 8},
    };
    for (auto const& row : cases) {
        auto const bytes = as_bytes(row.text);
        utf8_validator validator;
        std::size_t at = 0;
        while (at < bytes.size() && validator.feed(bytes.subspan(at, 1))) {
            ++at;
        }
        EXPECT_EQ(at, row.first_bad) << row.text;
        EXPECT_FALSE(utf8_validator().feed(bytes)) << row.text;
    }
}

TEST(utf8, every_split_and_prefix_of_a_text) {
    std::string const text = "ascii 0123456789 \xce\xba\xe1\xbd\xb9\xcf\x83 \xf0\x9f\x98\x80 end";
    auto const bytes = as_bytes(text);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        utf8_validator validator;
        EXPECT_TRUE(validator.feed(bytes.first(cut)));
        bool const at_border =
            cut == text.size() || (static_cast<unsigned char>(text[cut]) & 0xc0U) != 0x80U;
        EXPECT_EQ(validator.complete(), at_border) << cut;
        EXPECT_TRUE(validator.feed(bytes.subspan(cut)));
        EXPECT_TRUE(validator.complete());
    }
}

}  // namespace
}  // namespace trunkline
