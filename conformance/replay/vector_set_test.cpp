#include <replay/vector_set.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

namespace trunkline::replay {
namespace {

json::value parsed(std::string_view text) {
    return json::parse(json::string_view(text.data(), text.size()));
}

TEST(values, hex_in_both_directions) {
    EXPECT_EQ(to_hex(from_hex("00ff7a")), "00ff7a");
    EXPECT_TRUE(from_hex("").empty());
    EXPECT_THROW((void)from_hex("abc"), std::invalid_argument);
    EXPECT_THROW((void)from_hex("0g"), std::invalid_argument);
}

TEST(values, notations) {
    EXPECT_EQ(number_of(parsed("\"18446744073709551615\"")), 18446744073709551615U);
    EXPECT_EQ(number_of(parsed("7")), 7U);
    EXPECT_EQ(hex_number_of(parsed("\"3ec2ad5c308c53da\"")), 0x3ec2ad5c308c53daU);
    EXPECT_EQ(text_of(parsed(R"({"repeat":["ab",3]})")), "ababab");
    EXPECT_EQ(list_of(parsed(R"({"repeat":[null,2]})")).size(), 2U);
    EXPECT_TRUE(bytes_of(parsed("null")).empty());
    EXPECT_THROW((void)number_of(parsed("\"12x\"")), std::invalid_argument);
}

// mix(0) is 0 and mix(golden) is the first output of splitmix64 with seed 0.
TEST(values, generated_bytes) {
    auto const bytes = bytes_of(parsed(R"({"gen":{"seed":"0","len":2,"mod":256,"add":1}})"));
    EXPECT_EQ(to_hex(bytes), "01b0");
}

TEST(values, digests_see_every_byte) {
    auto const digest =
        parsed(R"({"len":3,"xxh3_64":"78af5f94892f3950","head":"616263","tail":"616263"})");
    EXPECT_TRUE(same_bytes(digest, as_bytes("abc")));
    EXPECT_FALSE(same_bytes(digest, as_bytes("abd")));
    EXPECT_FALSE(same_bytes(digest, as_bytes("abcd")));
}

TEST(values, the_time_of_sending_may_differ) {
    auto const expected = parsed("\"000000000100000002000000020102030405060708\"");
    auto frame = from_hex("00000000010000000200000002ffffffffffffffff");
    EXPECT_TRUE(same_frame(expected, frame, frame::layout::a));
    EXPECT_FALSE(same_bytes(expected, frame));
    frame[4] = std::byte{9};
    EXPECT_FALSE(same_frame(expected, frame, frame::layout::a));
}

TEST(vector_set, records_say_what_they_are) {
    auto const kind = [](std::string_view text) { return kind_of(parsed(text).as_object()); };
    EXPECT_EQ(kind(R"({"feeds":[{"bytes":"","out":[]}]})"), wire_kind::frame_decode);
    EXPECT_EQ(kind(R"({"feeds":[{"bytes":"","events":[],"result":"ok"}]})"), wire_kind::rpc_events);
    EXPECT_EQ(kind(R"({"type":"t","bytes":"","value":null,"ok":false})"),
              wire_kind::bitcode_malformed);
    EXPECT_EQ(kind(R"({"type":"t","bytes":"","value":{}})"), wire_kind::bitcode);
    EXPECT_EQ(kind(R"({"name":"len","method_id":"a41dbb760e96e3e3"})"), wire_kind::method_ids);
    EXPECT_EQ(kind(R"({"what":"else"})"), std::nullopt);
}

}  // namespace
}  // namespace trunkline::replay
