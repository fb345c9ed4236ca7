#include <trunkline/room_history/kept_value.hpp>

#include <gtest/gtest.h>

namespace trunkline::room_history {
namespace {

TEST(kept_value, comes_back_as_it_was_and_no_prefix_of_a_head_does) {
    kept_value const value{.layout = 7,
                           .number = 1'234'567'890'123,
                           .wall_clock_us = 99,
                           .lost_up_to = 5,
                           .room = "tea",
                           .bytes = as_bytes("hello")};
    std::vector<std::byte> bytes;
    encode(value, bytes);
    ASSERT_EQ(bytes.size(), kept_value_head + 3 + 5);
    auto const read = decode(bytes);
    auto const* const kept = std::get_if<kept_value>(&read);
    ASSERT_NE(kept, nullptr);
    EXPECT_EQ(kept->layout, value.layout);
    EXPECT_EQ(kept->number, value.number);
    EXPECT_EQ(kept->wall_clock_us, value.wall_clock_us);
    EXPECT_EQ(kept->lost_up_to, value.lost_up_to);
    EXPECT_EQ(kept->room, "tea");
    EXPECT_EQ(as_text(kept->bytes), "hello");
    for (std::size_t size = 0; size < kept_value_head + 3; ++size) {
        EXPECT_TRUE(std::holds_alternative<std::monostate>(decode(bytes_view(bytes).first(size))));
    }
}

TEST(kept_value, state_comes_back_as_it_was) {
    std::vector<std::byte> bytes;
    encode(file_state{.generation = 3, .reserved = 65'536, .is_alone = false}, bytes);
    auto const read = decode(bytes);
    auto const* const state = std::get_if<file_state>(&read);
    ASSERT_NE(state, nullptr);
    EXPECT_EQ(state->generation, 3U);
    EXPECT_EQ(state->reserved, 65'536U);
    EXPECT_FALSE(state->is_alone);
    bytes[0] = std::byte{9};
    EXPECT_TRUE(std::holds_alternative<std::monostate>(decode(bytes)));
}

TEST(kept_value, keys_of_rooms_and_numbers_are_their_own) {
    EXPECT_NE(key_of("a", 1), key_of("a", 2));
    EXPECT_NE(key_of("a", 1), key_of("b", 1));
    EXPECT_EQ(key_of("ab", 0x0102).substr(0, 4), std::string("ab\x02\x01"));
}

}  // namespace
}  // namespace trunkline::room_history
