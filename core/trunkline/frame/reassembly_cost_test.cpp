// What frames ahead of their turn cost: memory as it is charged, work in proportion to their
// number, whatever order a peer chooses.
#include <trunkline/frame/reassembly.hpp>

#include <trunkline/base/sanitizers.hpp>
#include <trunkline/frame/testing.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <limits>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace trunkline::frame {
namespace {

using namespace testing;

// Places one frame; how many were delivered for it.
std::size_t place(reassembly& streams, std::uint32_t stream_id, std::uint32_t sequence,
                  std::string_view payload) {
    header const head{static_cast<std::uint32_t>(payload.size()), stream_id, sequence,
                      static_cast<std::uint8_t>(kind::data), 0};
    auto const placed = streams.place({head, as_bytes(payload), true, true});
    std::size_t delivered = placed && placed->what == arrival::piece ? 1 : 0;
    while (streams.next_held()) {
        ++delivered;
    }
    return delivered;
}

#if defined(__GLIBC__) && !TRUNKLINE_ADDRESS_SANITIZER && !TRUNKLINE_THREAD_SANITIZER

// The allocator's own books: bytes in blocks that are in use, and in mappings.
std::size_t heap_in_use() {
    struct mallinfo2 const books = mallinfo2();
    return books.uordblks + books.hblkhd;
}

struct held_ahead {
    std::uint32_t streams;
    std::uint32_t frames;  // of each stream
    std::size_t payload;
};

class memory_of : public ::testing::TestWithParam<held_ahead> {};

TEST_P(memory_of, frames_ahead_is_what_is_charged) {
    held_ahead const& ahead = GetParam();
    std::string const payload(ahead.payload, 'x');
    std::size_t const before = heap_in_use();
    reassembly streams;
    for (std::uint32_t stream = 0; stream < ahead.streams; ++stream) {
        (void)place(streams, stream, 0, "");
        for (std::uint32_t i = 0; i < ahead.frames; ++i) {
            (void)place(streams, stream, 2 + i, payload);
        }
    }
    std::size_t const taken = heap_in_use() - before;
    EXPECT_GT(taken, ahead.streams * ahead.frames * ahead.payload);
    EXPECT_LE(taken, streams.held_size());
    EXPECT_GE(taken, streams.held_size() / 2);
}

INSTANTIATE_TEST_SUITE_P(of_every_shape, memory_of,
                         ::testing::Values(held_ahead{1000, 1, 1}, held_ahead{1000, 2, 1},
                                           held_ahead{300, 128, 1}, held_ahead{300, 129, 1},
                                           held_ahead{300, 128, 25}, held_ahead{10, 1024, 100},
                                           held_ahead{100, 10, 70'000}, held_ahead{4, 1024, 1}),
                         [](auto const& each) {
                             return std::to_string(each.param.streams) + "_streams_" +
                                    std::to_string(each.param.frames) + "_frames_of_" +
                                    std::to_string(each.param.payload);
                         });

#endif

enum class order { ascending, descending };

// Processor time of this thread, for one frame, at the best of a few runs.
double cost_of_a_frame(std::uint32_t frames, order of) {
    double least = std::numeric_limits<double>::max();
    for (int run = 0; run < 5; ++run) {
        reassembly streams({.frames_ahead_max = frames});
        std::timespec before{};
        std::timespec after{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
        for (std::uint32_t i = 0; i < frames; ++i) {
            (void)place(streams, 7, of == order::ascending ? 1 + i : frames - i, "x");
        }
        EXPECT_EQ(place(streams, 7, 0, ""), frames + 1u);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
        double const taken = static_cast<double>(after.tv_sec - before.tv_sec) * 1e9 +
                             static_cast<double>(after.tv_nsec - before.tv_nsec);
        least = std::min(least, taken / frames);
    }
    return least;
}

// 64 times as many frames may make one dearer by a cache's worth; with work that is not in
// proportion one would be 64 times as dear.
TEST(work_of, frames_ahead_is_in_proportion) {
    for (order const each : {order::ascending, order::descending}) {
        double const few = cost_of_a_frame(1000, each);
        double const many = cost_of_a_frame(64'000, each);
        EXPECT_LT(many, few * 16) << few << " ns each of few";
    }
}

}  // namespace
}  // namespace trunkline::frame
