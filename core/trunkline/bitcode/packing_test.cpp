#include <trunkline/bitcode/packing.hpp>

#include <trunkline/bitcode/digits.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace trunkline::bitcode {
namespace {

constexpr digit_base bases[] = {digit_base::b256, digit_base::b16, digit_base::b6,
                                digit_base::b4,   digit_base::b3,  digit_base::b2};

std::vector<std::byte> pack(bytes_view values, digit_base base, std::uint8_t minimum,
                            std::size_t cut) {
    std::vector<std::byte> packed(digits_size(values.size(), base), std::byte{0xee});
    digit_packer packer(packed.data(), base, minimum);
    packer.add(values.first(cut));
    packer.add(values.subspan(cut));
    packer.finish();
    return packed;
}

TEST(digits, come_back_whole_wherever_they_are_cut) {
    for (digit_base const base : bases) {
        for (std::size_t count = 0; count <= 40; ++count) {
            std::vector<std::byte> values(count);
            for (std::size_t i = 0; i < count; ++i) {
                values[i] = static_cast<std::byte>(250 + (i * i + count) % radix(base));
            }
            std::vector<std::byte> const packed = pack(values, base, 250, 0);
            for (std::size_t cut = 1; cut <= count; ++cut) {
                ASSERT_EQ(pack(values, base, 250, cut), packed) << count << " cut at " << cut;
            }
            std::vector<std::byte> back(count);
            unpack_digits(packed, base, 250, back);
            EXPECT_EQ(back, values) << radix(base) << " " << count;
        }
    }
}

TEST(digits, stand_lowest_first) {
    std::vector<std::byte> const values = {std::byte{1}, std::byte{2}, std::byte{3}};
    EXPECT_EQ(pack(values, digit_base::b4, 0, 0), std::vector{std::byte{1 + 2 * 4 + 3 * 16}});
}

TEST(digits, ignore_what_is_left_over_in_a_byte) {
    std::byte const digits[] = {std::byte{255}};
    std::byte values[5];
    unpack_digits(digits, digit_base::b3, 0, values);
    unsigned left = 255;
    for (std::byte const each : values) {
        EXPECT_EQ(static_cast<unsigned>(each), left % 3);
        left /= 3;
    }
}

byte_scan scan_of(std::vector<std::uint8_t> const& values, std::size_t packed_size_max = 1000) {
    byte_scan scan(values.size(), packed_size_max);
    scan.add(std::as_bytes(std::span(values)));
    return scan;
}

TEST(byte_scan, chooses_by_range_and_count) {
    struct row {
        std::vector<std::uint8_t> values;
        std::uint8_t code;
    };
    row const rows[] = {
        {{0, 0, 0}, 10},
        {{0, 1, 2}, 8},
        {{3, 3, 3}, 6},
        {{5, 0, 0}, 4},
        {{15, 6, 0}, 2},
        {{16, 16, 16}, 0},
        {{16, 16, 16, 16, 16}, 0},
        {{16, 16, 16, 16, 16, 16}, 9},
        {{255, 254, 255, 254, 255, 254}, 9},
        {{100, 102, 100, 100, 100, 100}, 7},
        {{100, 103, 100, 100, 100, 100}, 5},
        {{100, 105, 100, 100, 100, 100}, 3},
        {{100, 115, 100, 100, 100, 100}, 1},
        {{100, 116, 100, 100, 100, 100}, 0},
        {{6, 7, 6, 6, 6, 6}, 9},  // two values, whatever they are
        {{0, 1, 0, 0, 0, 0}, 10},
    };
    for (row const& each : rows) {
        EXPECT_EQ(scan_of(each.values).choose().code(), each.code)
            << ::testing::PrintToString(each.values);
    }
}

TEST(byte_scan, stops_as_soon_as_the_plain_form_is_certain) {
    std::vector<std::uint8_t> values(100'000, 7);
    EXPECT_FALSE(scan_of(values, values.size()).settled());
    values[10] = 200;
    byte_scan scan(values.size(), values.size());
    scan.add(std::as_bytes(std::span(values).first(64)));
    EXPECT_TRUE(scan.settled());
    EXPECT_EQ(scan.choose().code(), 0);
}

TEST(byte_scan, prefers_the_plain_form_to_a_packed_one_above_the_limit) {
    std::vector<std::uint8_t> const two_kinds(80, 1);
    EXPECT_EQ(scan_of(two_kinds, 10).choose().code(), 10);
    EXPECT_EQ(scan_of(two_kinds, 9).choose().code(), 0);
    std::vector<std::uint8_t> sixteen_kinds(80, 1);
    sixteen_kinds[0] = 15;
    EXPECT_EQ(scan_of(sixteen_kinds, 40).choose().code(), 2);
    EXPECT_EQ(scan_of(sixteen_kinds, 39).choose().code(), 0);
    EXPECT_TRUE(byte_scan(1000, 100).settled()) << "no packing is that small";
}

}  // namespace
}  // namespace trunkline::bitcode
