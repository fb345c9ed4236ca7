#include <trunkline/chat_wire/utf8_repair.hpp>

#include <trunkline/base/utf8.hpp>
#include <trunkline/chat_wire/testing.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::chat_wire {
namespace {

using namespace testing;

byte_string repaired(bytes_view text) {
    byte_string made(repaired_size(text));
    repair_utf8(text, made);
    return made;
}

TEST(utf8_repair, replaces_each_part_that_is_no_text) {
    struct {
        char const* name;
        char const* bytes;
        char const* repaired;
    } const cases[] = {
        {"nothing", "", ""},
        {"text", "41 c3a9 e282ac f09fa680", "41 c3a9 e282ac f09fa680"},
        {"recorded", "fffe41c3", "efbfbd efbfbd 41 efbfbd"},
        {"lone continuation", "80 41", "efbfbd 41"},
        {"cut off by ASCII", "e282 41", "efbfbd 41"},
        {"cut off by another", "f09f a6 c3a9", "efbfbd c3a9"},
        {"cut off by the end", "41 f09fa6", "41 efbfbd"},
        {"a lead that cuts off a lead", "c3 c3a9", "efbfbd c3a9"},
        {"overlong", "c080", "efbfbd efbfbd"},
        {"overlong in three", "e08080", "efbfbd efbfbd efbfbd"},
        {"a surrogate", "eda080", "efbfbd efbfbd efbfbd"},
        {"beyond the last character", "f4908080", "efbfbd efbfbd efbfbd efbfbd"},
        {"as long as before", "e282 e282 41", "efbfbd efbfbd 41"},
    };
    for (auto const& each : cases) {
        EXPECT_EQ(repaired(from_hex(each.bytes)), from_hex(each.repaired)) << each.name;
    }
}

TEST(utf8_repair, repairs_what_only_is_as_long_afterwards) {
    byte_string const bytes = from_hex("f09f80 ff");  // a part of three bytes would be one
    EXPECT_EQ(repaired(bytes), from_hex("efbfbd efbfbd"));
    byte_string const same = from_hex("f09f80");
    ASSERT_EQ(repaired_size(same), same.size());
    EXPECT_EQ(repaired(same), from_hex("efbfbd"));
}

}  // namespace
}  // namespace trunkline::chat_wire
