#include <trunkline/base/utf8.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

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

}  // namespace
}  // namespace trunkline
