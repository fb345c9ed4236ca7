#include <trunkline/store/entry.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace trunkline::store {
namespace {

TEST(entry, pad_reaches_the_next_multiple) {
    struct row {
        std::uint64_t tail;
        std::uint64_t pad64, pad16, pad1;
    };
    for (auto const& [tail, pad64, pad16, pad1] : std::vector<row>{{0, 0, 0, 0},
                                                                   {1, 63, 15, 0},
                                                                   {21, 43, 11, 0},
                                                                   {48, 16, 0, 0},
                                                                   {63, 1, 1, 0},
                                                                   {64, 0, 0, 0},
                                                                   {65, 63, 15, 0},
                                                                   {file_size_max - 1, 1, 1, 0}}) {
        EXPECT_EQ(pad_size(tail, 64), pad64) << tail;
        EXPECT_EQ(pad_size(tail, 16), pad16) << tail;
        EXPECT_EQ(pad_size(tail, 1), pad1) << tail;
    }
}

TEST(entry, alignments_are_those_of_published_programs) {
    for (std::uint32_t alignment = 0; alignment < 200; ++alignment) {
        EXPECT_EQ(is_supported_alignment(alignment),
                  alignment == 1 || alignment == 16 || alignment == 64);
    }
}

TEST(entry, trailer_is_20_bytes_little_endian) {
    trailer const fields{0x0102030405060708, 0x1112131415161718, 0x21222324};
    std::vector<std::byte> bytes(trailer_size);
    store_trailer(bytes.data(), fields);
    std::vector<unsigned> const expected{8,    7,    6,    5,    4,    3,    2,
                                         1,    0x18, 0x17, 0x16, 0x15, 0x14, 0x13,
                                         0x12, 0x11, 0x24, 0x23, 0x22, 0x21};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(std::to_integer<unsigned>(bytes[i]), expected[i]) << i;
    }
    EXPECT_EQ(load_trailer(bytes.data()), fields);
}

TEST(entry, payload_lies_between_pad_and_trailer) {
    std::vector<std::byte> file(200, std::byte{7});
    file[21] = std::byte{0};
    file[64] = std::byte{0};
    struct row {
        std::uint64_t trailer_offset, previous_tail;
        std::uint32_t alignment;
        std::optional<payload_extent> expected;
    };
    for (auto const& [at, previous, alignment, expected] : std::vector<row>{
             {10, 0, 64, payload_extent{0, 10}},
             {10, 0, 1, payload_extent{0, 10}},
             {100, 30, 64, payload_extent{64, 100}},
             {100, 30, 16, payload_extent{32, 100}},
             {100, 30, 1, payload_extent{30, 100}},
             {65, 30, 64, payload_extent{64, 65}},
             {64, 30, 64, std::nullopt},            // nothing is left behind the pad
             {63, 30, 64, std::nullopt},            // the pad reaches beyond the trailer
             {30, 30, 64, std::nullopt},            // no room at all
             {30, 31, 64, std::nullopt},            // begins behind its trailer
             {22, 21, 64, payload_extent{21, 22}},  // a tombstone is never padded
             {21, 20, 64, std::nullopt},            // as short, but not a zero byte
             {21, 20, 1, payload_extent{20, 21}},
             {65, 64, 64, payload_extent{64, 65}},  // aligned and zero: a tombstone too
         }) {
        EXPECT_EQ(find_payload(file.data(), at, previous, alignment), expected)
            << at << ' ' << previous << ' ' << alignment;
    }
}

// STO-07: no arithmetic overflows, whatever a trailer says.
TEST(entry, sto_07_no_previous_tail_overflows) {
    constexpr std::uint64_t at = 150;
    std::vector<std::byte> const file(at + trailer_size);
    std::vector<std::uint64_t> values;
    for (unsigned bit = 0; bit < 64; ++bit) {
        for (std::uint64_t near = 0; near < 70; ++near) {
            values.push_back((std::uint64_t{1} << bit) + near);
            values.push_back((std::uint64_t{1} << bit) - near);
        }
    }
    for (std::uint64_t near = 0; near < 300; ++near) {
        values.push_back(near);
        values.push_back(std::numeric_limits<std::uint64_t>::max() - near);
    }
    for (auto const previous : values) {
        for (auto const alignment : alignments) {
            auto const found = find_payload(file.data(), at, previous, alignment);
            EXPECT_LE(previous < at ? 0 : 1, found ? 0 : 1);
            if (found) {
                EXPECT_GE(found->start, previous);
                EXPECT_LT(found->start, found->end);
                EXPECT_EQ(found->end, at);
            }
        }
    }
}

TEST(entry, one_zero_byte_is_a_tombstone) {
    std::vector<std::byte> const zeros(3);
    std::vector<std::byte> const one{std::byte{1}};
    EXPECT_TRUE(is_tombstone(bytes_view(zeros).first(1)));
    EXPECT_FALSE(is_tombstone(bytes_view(zeros).first(2)));
    EXPECT_FALSE(is_tombstone(zeros));
    EXPECT_FALSE(is_tombstone({}));
    EXPECT_FALSE(is_tombstone(one));
}

// A live payload is what find_payload() finds, unless it is a tombstone.
TEST(entry, live_payloads_are_those_that_are_found_and_no_tombstones) {
    std::vector<std::byte> file(512, std::byte{0});
    for (auto const alignment : alignments) {
        for (std::uint64_t tail = 0; tail < 130; ++tail) {
            for (std::uint64_t trailer_offset = 1; trailer_offset < 270; ++trailer_offset) {
                for (auto const first : {std::byte{0}, std::byte{1}}) {
                    std::ranges::fill(file, first);
                    store_trailer(file.data() + trailer_offset, {1, tail, 0});
                    auto const found = find_payload(file.data(), trailer_offset, tail, alignment);
                    bool const lives =
                        found && !is_tombstone({file.data() + found->start, found->size()});
                    EXPECT_EQ(find_live_payload(file.data(), trailer_offset, alignment),
                              lives ? *found : payload_extent{});
                }
            }
        }
    }
    EXPECT_TRUE(find_live_payload(file.data(), 0, 64).empty());
}

}  // namespace
}  // namespace trunkline::store
