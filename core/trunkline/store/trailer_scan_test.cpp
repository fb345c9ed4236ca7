#include <trunkline/store/trailer_scan.hpp>

#include <trunkline/base/noise.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::store {
namespace {

// Many zero bytes, so that runs of every length turn up.
std::string some_bytes(std::size_t size, std::uint64_t seed) {
    auto bytes = noise(size, seed);
    for (std::size_t i = 0; i < size; ++i) {
        auto const run = static_cast<unsigned char>(bytes[i]) % 32;
        for (std::size_t last = std::min<std::size_t>(size, i + run); i + 1 < last; ++i) {
            bytes[i] = '\0';
        }
    }
    return bytes;
}

// What next() says, an offset at a time.
struct place {
    bool first = false;
    bool later = false;
    bool no_checksum = false;
};

place place_at(std::string const& bytes, std::uint64_t offset) {
    auto const tail = load_trailer(as_bytes(bytes).data() + offset);
    bool const first = tail.previous_tail == 0;
    return {first && tail != trailer{}, !first && tail.previous_tail <= bytes.size(),
            tail.checksum == 0};
}

TEST(trailer_scan, misses_nothing) {
    for (std::size_t size : {0, 19, 20, 21, 63, 64, 83, 84, 85, 128, 255, 256, 3'000, 70'000}) {
        auto const bytes = some_bytes(size, size);
        for (std::uint64_t const begin : {0, 1, 63, 64, 100}) {
            if (begin > size) {
                continue;
            }
            trailer_scan scan(as_bytes(bytes), begin, size);
            possible_trailers found;
            std::uint64_t next = begin;
            auto const expect_none_below = [&](std::uint64_t offset) {
                for (; next < offset && next + trailer_size <= size; ++next) {
                    auto const there = place_at(bytes, next);
                    EXPECT_FALSE(there.first || there.later) << next << " of " << size;
                }
            };
            while (scan.next(found)) {
                EXPECT_EQ(found.offset % 64, 0U);
                expect_none_below(found.offset);
                for (unsigned i = 0; i < 64; ++i) {
                    auto const offset = found.offset + i;
                    bool const asked = offset >= begin && offset + trailer_size <= size;
                    auto const there = asked ? place_at(bytes, offset) : place{};
                    EXPECT_EQ((found.first >> i & 1) != 0, there.first) << offset << " of " << size;
                    // Perhaps more: only the highest bytes are looked at.
                    EXPECT_TRUE((found.later >> i & 1) != 0 || !there.later) << offset;
                    EXPECT_TRUE(asked || (found.later >> i & 1) == 0) << offset;
                    if (there.first) {
                        EXPECT_EQ((found.no_checksum >> i & 1) != 0, there.no_checksum) << offset;
                    }
                }
                next = found.offset + 64;
            }
            expect_none_below(size);
        }
    }
}

// Nearly none of ordinary bytes may be trailers.
TEST(trailer_scan, passes_over_what_cannot_be) {
    auto const bytes = noise(100'000, 1);
    trailer_scan scan(as_bytes(bytes), 0, bytes.size());
    possible_trailers found;
    EXPECT_FALSE(scan.next(found));
}

}  // namespace
}  // namespace trunkline::store
