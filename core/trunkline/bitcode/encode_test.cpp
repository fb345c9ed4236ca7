// Which bytes an encoded message owns and which it borrows; published_test.cpp says what they are.
#include <trunkline/bitcode/encode.hpp>

#include <trunkline/bitcode/test_values.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

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

TEST(encode, lends_what_the_message_owns) {
    int released = 0;
    std::vector<std::byte> const pinned_bytes = noise(100);
    std::tuple message(std::string(1000, 'x'), noise(500), std::string("short"),
                       pinned(pinned_bytes, released));
    encoded lent = encode_lent(message);
    std::vector<void const*> borrowed;
    for (slice const& each : lent.slices()) {
        borrowed.push_back(each.bytes.data());
    }
    EXPECT_EQ(std::ranges::count(borrowed, std::get<0>(message).data()), 1);
    EXPECT_EQ(std::ranges::count(borrowed, std::get<1>(message).data()), 1);
    EXPECT_EQ(std::ranges::count(borrowed, std::get<2>(message).data()), 0);
    EXPECT_EQ(std::ranges::count(borrowed, pinned_bytes.data()), 1);
    EXPECT_EQ(std::get<0>(message).size(), 1000U);  // it stays where it is
    std::tuple copied(std::string(1000, 'x'), noise(500), std::string("short"),
                      pinned(pinned_bytes, released));
    EXPECT_EQ(lent.to_vector(), encode(std::move(copied)).to_vector());
}

TEST(encode, leaves_nothing_in_what_was_moved_from) {
    encoded made = encode(std::string(300, 'x'));
    encoded moved = std::move(made);
    EXPECT_TRUE(made.slices().empty());
    EXPECT_EQ(made.size(), 0U);
    EXPECT_TRUE(made.to_vector().empty());
    made = encode(std::string(200, 'y'));
    moved = std::move(made);
    EXPECT_EQ(moved.to_vector(), encode(std::string(200, 'y')).to_vector());
}

// The memory of a message is used again by the thread that lets go of it, whichever that is.
TEST(encode, outlives_the_thread_that_encoded_and_goes_on_another) {
    std::vector<std::string> const values(500, std::string(100, 'x'));
    encoded made;
    std::thread([&] { made = encode(values); }).join();
    EXPECT_EQ(made.to_vector(), encode(values).to_vector());
    std::thread([&] {
        encoded const gone = std::move(made);
        EXPECT_EQ(gone.size(), encode(values).size());
    }).join();
    EXPECT_EQ(encode(values).to_vector(), encode(values).to_vector());
}

}  // namespace
}  // namespace trunkline::bitcode
