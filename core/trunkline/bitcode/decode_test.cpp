#include <trunkline/bitcode/decode.hpp>

#include <trunkline/base/recycled_memory.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/bitcode/test_values.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>

namespace trunkline::bitcode {
namespace {

template <class Type>
error_code error_of(std::string_view hex, std::size_t* failed_at = nullptr,
                    bitcode_limits const& limits = {}) {
    std::vector<std::byte> const bytes = from_hex(hex);
    auto const made = decode<Type>(bytes, limits, failed_at);
    return made.has_value() ? error_code() : made.error();
}

struct row {
    char const* name;
    error_code (*decode)(std::string_view hex, std::size_t* failed_at, bitcode_limits const&);
    char const* hex;
    bitcode_error error;
    std::size_t failed_at;
};

row const rows[] = {
    {"no bytes", error_of<bytes_view>, "", bitcode_error::end_of_input, 0},
    {"string without its bytes", error_of<bytes_view>, "05", bitcode_error::end_of_input, 1},
    {"string cut off", error_of<bytes_view>, "05006162", bitcode_error::end_of_input, 2},
    {"packed string cut off", error_of<bytes_view>, "090a00", bitcode_error::end_of_input, 2},
    {"bytes left over", error_of<bytes_view>, "0000", bitcode_error::trailing_bytes, 1},
    {"nothing, yet a byte", error_of<nothing>, "00", bitcode_error::trailing_bytes, 0},
    {"byte code 11", error_of<bytes_view>, "050b6162636465", bitcode_error::invalid_packing, 2},
    {"u64 code 7", error_of<std::uint64_t>, "0700", bitcode_error::invalid_packing, 1},
    {"u32 code 5", error_of<std::uint32_t>, "0500", bitcode_error::invalid_packing, 1},
    {"u16 code 3", error_of<std::vector<std::uint16_t>>, "020300", bitcode_error::invalid_packing,
     2},
    {"minimum cut off", error_of<std::uint64_t>, "0500000000", bitcode_error::end_of_input, 1},
    {"huge length", error_of<bytes_view>, "ff00ffffffffffff0700", bitcode_error::length_overflow,
     10},
    {"lengths overflow", error_of<std::vector<bytes_view>>,
     "02ffff00ffffffffffffffff0200000000000000", bitcode_error::length_overflow, 20},
    {"largest length, no bytes", error_of<bytes_view>, "ff00feffffffffff0700",
     bitcode_error::end_of_input, 10},
    {"text that is not UTF-8", error_of<std::string>, "01ff", bitcode_error::invalid_text, 2},
    {"text cut inside a character", error_of<std::vector<std::string>>, "020101d0b0",
     bitcode_error::invalid_text, 5},
    {"variant out of range", error_of<finger>, "05", bitcode_error::invalid_variant, 1},
    {"variant of 20 out of range", error_of<letter>, "14", bitcode_error::invalid_variant, 1},
    {"elements cut off", error_of<std::vector<bytes_view>>, "6400", bitcode_error::end_of_input, 1},
};

TEST(decode, names_what_is_wrong_and_where) {
    for (row const& each : rows) {
        std::size_t failed_at = 1000;
        EXPECT_EQ(each.decode(each.hex, &failed_at, {}), each.error) << each.name;
        EXPECT_EQ(failed_at, each.failed_at) << each.name;
    }
}

TEST(decode, accepts_what_the_published_decoder_accepts) {
    // Unused digits, long forms of short lengths, 255 without an escape.
    EXPECT_FALSE(error_of<bool>("ff"));
    EXPECT_FALSE(error_of<shade>("ff"));
    EXPECT_FALSE(error_of<bytes_view>("ff060161"));
    std::vector<std::byte> bytes = from_hex("02fe0100");
    bytes.resize(bytes.size() + 255, std::byte{0x40});
    auto const made = decode<std::vector<bytes_view>>(bytes);
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ((**made)[0].size(), 254U);
    EXPECT_EQ((**made)[1].size(), 1U);
}

TEST(decode, borrows_plain_bytes_and_unpacks_others) {
    std::vector<std::byte> const plain = from_hex("05006162637a00");
    auto made = decode<bytes_view>(plain);
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ((*made)->data(), plain.data() + 2);
    EXPECT_EQ(made->allocated_size(), 0U);

    std::vector<std::byte> const packed = from_hex("06096100");
    auto unpacked = decode<bytes_view>(packed);
    ASSERT_TRUE(unpacked.has_value());
    decoded<bytes_view> const moved = std::move(*unpacked);
    EXPECT_EQ(as_text(*moved), "aaaaaa");
    EXPECT_EQ(moved.allocated_size(), 6U);
}

TEST(decode, borrows_texts) {
    std::vector<std::byte> const bytes = from_hex("0568656c6c6f");
    auto const made = decode<std::string_view>(bytes);
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(as_bytes(**made).data(), bytes.data() + 1);
}

// 1,048,576 empty strings: a length of that size, then one bit for each.
std::vector<std::byte> many_empty_strings(std::size_t count) {
    std::vector<std::byte> bytes = from_hex("ff02");
    bytes.resize(6);
    store_le(bytes.data() + 2, static_cast<std::uint32_t>(count));
    bytes.push_back(std::byte{10});
    bytes.resize(bytes.size() + (count + 7) / 8);
    return bytes;
}

TEST(decode, limits_the_elements_of_a_list) {
    std::size_t const limit = bitcode_limits{}.list_elements_max;
    auto const made = decode<std::vector<bytes_view>>(many_empty_strings(limit));
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ((*made)->size(), limit);
    EXPECT_EQ(decode<std::vector<bytes_view>>(many_empty_strings(limit + 1)).error(),
              bitcode_error::too_many_elements);
    EXPECT_TRUE(
        decode<std::vector<bytes_view>>(many_empty_strings(3000), {.list_elements_max = 3000})
            .has_value());
    EXPECT_EQ(decode<std::vector<bytes_view>>(many_empty_strings(3000), {.list_elements_max = 2999})
                  .error(),
              bitcode_error::too_many_elements);
    EXPECT_EQ(error_of<std::vector<nothing>>("ff0210001000"), bitcode_error::too_many_elements);
}

TEST(decode, limits_what_it_allocates) {
    std::vector<std::byte> const message = encode(bytes_view(std::vector<std::byte>(8000)))
                                               .to_vector();  // packed: a thousand bytes and some
    EXPECT_TRUE(
        decode<bytes_view>(message, {.decoded_size_max = message.size() + 8000}).has_value());
    EXPECT_EQ(decode<bytes_view>(message, {.decoded_size_max = message.size() + 7999}).error(),
              bitcode_error::too_large);
    EXPECT_EQ(decode<std::vector<bytes_view>>(many_empty_strings(1000), {.decoded_size_max = 9000})
                  .error(),
              bitcode_error::too_large);
}

// If anything were allocated for the count, the tiny limit would be reported instead.
TEST(decode, never_trusts_a_count_before_the_bytes_are_there) {
    bitcode_limits const tiny = {.decoded_size_max = 40};
    EXPECT_EQ(error_of<std::vector<bytes_view>>("ff04e803", nullptr, tiny),
              bitcode_error::end_of_input);
    EXPECT_EQ(error_of<std::vector<std::uint64_t>>("ff04e80306", nullptr, tiny),
              bitcode_error::end_of_input);
    EXPECT_EQ(error_of<bytes_view>("ff04e8030a00", nullptr, tiny), bitcode_error::end_of_input);
    EXPECT_EQ(error_of<std::vector<bool>>("ff04e80300", nullptr, tiny),
              bitcode_error::end_of_input);
    EXPECT_EQ(error_of<std::vector<std::vector<nothing>>>("ff04e80300", nullptr, tiny),
              bitcode_error::end_of_input);
}

TEST(decode, every_error_has_a_sentence) {
    for (int value = 1; value <= static_cast<int>(bitcode_error::too_large); ++value) {
        std::string const text = error_code(static_cast<bitcode_error>(value)).message();
        EXPECT_TRUE(text.ends_with('.') && text != "Unknown error.") << value;
    }
}

TEST(decode, lists_may_have_any_memory) {
    std::vector<std::string> const said{"one", "", "three"};
    auto const message = encode(said).to_vector();
    auto const list = decode<recycled_vector<std::string_view>>(message).value();
    EXPECT_TRUE(std::ranges::equal(*list, said));
    EXPECT_EQ(encode(*list).to_vector(), message);
}

// What is packed is unpacked to memory of the message, which stays where it is when the message
// moves, and lives as long as it does, on whatever thread.
TEST(decode, messages_outlive_the_thread_that_decoded_and_go_on_another) {
    std::vector<std::byte> const zeros(50'000);
    auto const bytes = encode(std::pair(bytes_view(zeros), std::uint64_t{7})).to_vector();
    ASSERT_LT(bytes.size(), zeros.size() / 2);  // packed
    using message = std::pair<bytes_view, std::uint64_t>;
    std::optional<decoded<message>> kept;
    std::thread([&] { kept.emplace(decode<message>(bytes).value()); }).join();
    auto moved = std::make_unique<decoded<message>>(std::move(*kept));
    kept.reset();
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(decode<message>(bytes).value());  // takes what is free
    }
    EXPECT_TRUE(std::ranges::equal((**moved).first, zeros));
    std::thread([gone = std::move(moved), &zeros] {
        EXPECT_TRUE(std::ranges::equal((**gone).first, zeros));
    }).join();
}

static_assert(has_views<std::string_view> && has_views<std::optional<bytes_view>> &&
              has_views<std::vector<std::tuple<bool, bytes_view>>> &&
              has_views<recycled_vector<bytes_view>>);
static_assert(!has_views<std::string> && !has_views<std::vector<std::string>> &&
              !has_views<std::optional<std::tuple<bool, std::uint64_t>>> && !has_views<nothing>);

}  // namespace
}  // namespace trunkline::bitcode
