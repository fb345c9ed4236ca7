#include <trunkline/store/digest.hpp>

#include <trunkline/base/noise.hpp>
#include <trunkline/store/checksum_product.hpp>
#include <trunkline/store/range_checksums.hpp>

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace trunkline::store {
namespace {

using namespace std::string_view_literals;

TEST(digest, key_hash_is_xxh3) {
    struct row {
        std::string_view key;
        std::uint64_t hash;
    };
    for (auto const& [key, hash] :
         std::vector<row>{{"", 0x2d06800538d394c2},
                          {"\0"sv, 0xc44bdff4074eecdb},
                          {"a", 0xe6c632b61e964e1f},
                          {"abc", 0x78af5f94892f3950},
                          {"alice", 0x4da10dd61a0116b0},
                          {"hello world", 0xd447b1ea40e6988b},
                          {"The quick brown fox jumps over the lazy dog", 0xce7d19a5418fb365}}) {
        EXPECT_EQ(hash_key(as_bytes(key)), hash) << key;
    }
    EXPECT_EQ(hash_key({}), 0x2d06800538d394c2);
}

TEST(digest, checksum_is_crc32_of_zlib) {
    struct row {
        std::string_view payload;
        std::uint32_t checksum;
    };
    for (auto const& [payload, checksum] : std::vector<row>{{"123456789", 0xcbf43926},
                                                            {"", 0},
                                                            {"\0"sv, 0xd202ef8d},
                                                            {"a", 0xe8b7be43},
                                                            {"hello world", 0x0d4a1185}}) {
        EXPECT_EQ(checksum_of(as_bytes(payload)), checksum) << payload;
    }
    EXPECT_EQ(checksum_of({}), 0U);
    auto const bytes = noise(5000, 2);
    for (std::size_t size = 0; size <= bytes.size(); size = size * 5 / 4 + 1) {
        auto const* const begin = reinterpret_cast<Bytef const*>(bytes.data());
        EXPECT_EQ(checksum_of(as_bytes(bytes).first(size)),
                  ::crc32(0, begin, static_cast<uInt>(size)))
            << size;
    }
}

TEST(digest, checksums_of_parts_combine) {
    auto const bytes = noise(70'000, 1);
    auto const whole = as_bytes(bytes);
    for (std::size_t const cut : {0, 1, 2, 15, 16, 17, 255, 256, 4095, 65'535, 65'536, 70'000}) {
        EXPECT_EQ(combine_checksums(checksum_of(whole.first(cut)), checksum_of(whole.subspan(cut)),
                                    whole.size() - cut),
                  checksum_of(whole))
            << cut;
    }
}

// By carry-less multiplication where there is any.
TEST(digest, products_are_the_same_however_they_are_found) {
    std::uint64_t chance = 1;
    auto const some = [&chance] { return static_cast<std::uint32_t>(next_noise(chance) >> 20); };
    for (int i = 0; i < 1000; ++i) {
        auto const [first, second, third] = std::tuple(some(), some(), some());
        EXPECT_EQ(checksum_algebra::product({first, second, third}),
                  checksum_algebra::multiply(checksum_algebra::multiply(first, second), third));
    }
    for (std::uint32_t const any : {0U, 1U, checksum_algebra::one, ~0U}) {
        EXPECT_EQ(checksum_algebra::product({any, checksum_algebra::one, checksum_algebra::one}),
                  any);
    }
}

// Some ends and what the bytes from some begin to each of them have, in a trailer behind it. The
// last end is that of all bytes.
struct trailed_ranges {
    explicit trailed_ranges(std::size_t begin, std::size_t distance) : bytes(noise(10'000, 2)) {
        for (std::size_t end = begin + distance; end + 20 <= bytes.size(); end += distance) {
            store_le(reinterpret_cast<std::byte*>(bytes.data()) + end + 16,
                     checksum_of(as_bytes(bytes).subspan(begin, end - begin)));
            ends.push_back(end);
        }
    }
    std::string bytes;
    std::vector<std::size_t> ends;
};

// Read directly, from the table, from a window that is asked for often, and prepared.
TEST(digest, ranges_are_the_same_however_they_are_found) {
    for (std::size_t const begin : {0, 1, 127, 128, 129, 2047, 2048, 9'000}) {
        for (std::size_t const distance : {20, 37, 2048}) {
            trailed_ranges const made(begin, distance);
            range_checksums ranges(as_bytes(made.bytes));
            for (int round = 0; round < 3; ++round) {
                for (auto const end : made.ends) {
                    EXPECT_TRUE(ranges.match(begin, end)) << begin << " to " << end;
                    EXPECT_FALSE(ranges.match(begin + 1, end)) << begin + 1 << " to " << end;
                    if (ranges.prepare(end / 64 * 64, std::uint64_t{1} << end % 64)) {
                        alignment_set same;
                        for (std::size_t i = 0; i < alignments.size(); ++i) {
                            same.set(i, begin % alignments[i] == 0);
                        }
                        EXPECT_EQ(ranges.sound_under(begin, end), same);
                        EXPECT_TRUE(ranges.sound_under(begin + 1, end).empty());
                    }
                }
            }
        }
    }
}

TEST(digest, ranges_from_the_begin_are_the_same_however_they_are_found) {
    for (std::size_t const distance : {20, 37, 2048}) {
        trailed_ranges const made(0, distance);
        range_checksums ranges(as_bytes(made.bytes));
        for (std::size_t at = 0; at + 64 + 20 <= made.bytes.size(); at += 64) {
            std::uint64_t expected = 0;
            for (auto const end : made.ends) {
                expected |= end / 64 == at / 64 ? std::uint64_t{1} << end % 64 : 0;
            }
            for (auto const among : {std::uint64_t{0}, std::uint64_t{0x10}, ~std::uint64_t{0}}) {
                EXPECT_EQ(ranges.match_from_begin(at, among), expected & among) << at;
            }
        }
    }
}

}  // namespace
}  // namespace trunkline::store
