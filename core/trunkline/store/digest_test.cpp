#include <trunkline/store/digest.hpp>

#include <trunkline/base/noise.hpp>
#include <trunkline/store/range_checksums.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
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

// Read directly, from the table, and from the window of a block that is asked for often.
TEST(digest, ranges_are_the_same_however_they_are_found) {
    auto const bytes = noise(10'000, 2);
    range_checksums ranges(as_bytes(bytes));
    auto const expect_right = [&](std::size_t begin, std::size_t end) {
        EXPECT_EQ(ranges.of(begin, end), checksum_of(as_bytes(bytes).subspan(begin, end - begin)))
            << begin << " to " << end;
    };
    for (std::size_t round = 0; round < 5; ++round) {
        for (std::size_t begin = 0; begin < bytes.size(); begin += 997) {
            for (std::size_t end = begin; end <= bytes.size(); end += 1024 + round) {
                expect_right(begin, end);
            }
        }
    }
    for (std::size_t const begin : {0, 1, 255, 256, 9'700}) {
        for (std::size_t end = bytes.size(); end >= 9'700; --end) {
            expect_right(begin, end);
        }
    }
}

}  // namespace
}  // namespace trunkline::store
