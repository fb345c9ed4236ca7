// Which bytes an encoded message owns and which it borrows; published_test.cpp says what they are.
#include <trunkline/bitcode/encode.hpp>

#include <trunkline/bitcode/test_values.hpp>

#include <gtest/gtest.h>

#include <memory>

namespace trunkline::bitcode {
namespace {

/// Bytes that no packing suits.
std::vector<std::byte> noise(std::size_t size) {
    std::vector<std::byte> made(size);
    for (std::size_t i = 0; i < size; ++i) {
        made[i] = static_cast<std::byte>(i * 2654435761U >> 13);
    }
    return made;
}

slice pinned(bytes_view bytes, int& released) {
    return {bytes, pin(&released, [](void* count) noexcept { ++*static_cast<int*>(count); })};
}

TEST(encode, borrows_a_large_value_and_takes_its_pin_along) {
    std::vector<std::byte> const value = noise(100'000);
    int released = 0;
    {
        encoded made = encode(std::optional(pinned(value, released)));
        ASSERT_EQ(made.slices().size(), 2U);
        EXPECT_EQ(to_hex(made.slices()[0].bytes), "01ff02a086010000");
        EXPECT_FALSE(made.slices()[0].keep_alive);
        EXPECT_EQ(made.slices()[1].bytes.data(), value.data());
        EXPECT_EQ(made.slices()[1].bytes.size(), value.size());
        EXPECT_EQ(made.size(), 8 + value.size());
        slice const sent = std::move(made.slices()[1]);
        EXPECT_EQ(released, 0);
    }
    EXPECT_EQ(released, 1);
}

TEST(encode, copies_small_values_and_lets_go_of_their_pins) {
    std::vector<std::byte> const value = noise(borrow_size_min - 1);
    int released = 0;
    encoded made = encode(std::optional(pinned(value, released)));
    EXPECT_EQ(made.slices().size(), 1U);
    EXPECT_EQ(released, 1);
}

TEST(encode, packs_a_packable_value_into_its_own_bytes) {
    std::vector<std::byte> const zeros(80'000);
    int released = 0;
    encoded made = encode(std::optional(pinned(zeros, released)));
    EXPECT_EQ(made.slices().size(), 1U);
    EXPECT_EQ(made.size(), 1 + 1 + 5 + 1 + zeros.size() / 8);
    EXPECT_EQ(released, 1);
}

TEST(encode, borrows_a_packable_value_above_the_limit_of_packing) {
    std::vector<std::byte> const zeros(80'000);
    int released = 0;
    encoded made = encode(std::optional(pinned(zeros, released)), {.packed_size_max = 9'999});
    ASSERT_EQ(made.slices().size(), 2U);
    EXPECT_EQ(made.slices()[1].bytes.data(), zeros.data());
    EXPECT_EQ(released, 0);
}

TEST(encode, borrows_each_large_value_of_a_list) {
    std::vector<std::byte> const first = noise(1000);
    std::vector<std::byte> const second = noise(2000);
    int released = 0;
    std::vector<std::optional<slice>> values;
    values.emplace_back(pinned(first, released));
    values.emplace_back(std::nullopt);
    values.emplace_back(pinned(second, released));
    values.emplace_back(slice{bytes_view(first).first(3), {}});
    encoded made = encode(std::move(values));
    ASSERT_EQ(made.slices().size(), 4U);
    EXPECT_EQ(made.slices()[1].bytes.data(), first.data());
    EXPECT_EQ(made.slices()[2].bytes.data(), second.data());
    EXPECT_EQ(made.slices()[3].bytes.size(), 3U);
    EXPECT_EQ(released, 0);
}

TEST(encode, copies_what_the_message_owns) {
    std::vector<std::byte> value = noise(1000);
    encoded made = encode(std::pair(value, std::string(1000, 'x')));
    EXPECT_EQ(made.slices().size(), 1U);
}

TEST(encode, borrows_views_without_a_pin) {
    std::string const text(1000, 'x');
    encoded made = encode(std::string_view(text));
    ASSERT_EQ(made.slices().size(), 2U);
    EXPECT_EQ(made.slices()[1].bytes.data(), as_bytes(text).data());
    EXPECT_FALSE(made.slices()[1].keep_alive);
}

TEST(encode, gives_no_slice_for_an_empty_message) {
    encoded made = encode(nothing{});
    EXPECT_TRUE(made.slices().empty());
    EXPECT_EQ(made.size(), 0U);
}

TEST(encode, stays_valid_when_moved) {
    encoded made = encode(std::uint64_t{70000});
    encoded const moved = std::move(made);
    EXPECT_EQ(to_hex(moved.to_vector()), "0270110100");
}

}  // namespace
}  // namespace trunkline::bitcode
