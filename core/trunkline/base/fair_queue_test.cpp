#include <trunkline/base/fair_queue.hpp>

#include <trunkline/base/limits.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>

namespace trunkline {
namespace {

void add(gather_queue& to, std::string const& frame) {
    to.begin_frame(frame.size());
    to.append_copy(as_bytes(frame));
}

std::string peeked(fair_queue& queue, std::size_t room = 1024) {
    std::vector<out_segment> out(room);
    std::string bytes;
    std::size_t const count = queue.peek(out);
    for (std::size_t i = 0; i < count; ++i) {
        bytes += as_text(out[i].bytes);
    }
    return bytes;
}

TEST(fair_queue, lets_others_overtake_between_two_frames) {
    fair_queue queue;
    for (int i = 0; i < 4; ++i) {
        add(queue.large(), "LLLL");
    }
    ASSERT_EQ(peeked(queue), "LLLLLLLLLLLLLLLL");
    queue.consume(6);  // one frame and a half
    add(queue.in_order(), "ab");
    add(queue.in_order(), "cd");
    EXPECT_EQ(peeked(queue), "LLabcdLLLLLLLL");
    queue.consume(14);
    EXPECT_TRUE(queue.empty());
}

TEST(fair_queue, gives_the_large_ones_a_frame_after_each_chunk_of_others) {
    fair_queue queue;
    std::string const frame(chunk_size / 2, 'o');
    for (int i = 0; i < 6; ++i) {
        add(queue.in_order(), frame);
    }
    add(queue.large(), "1");
    add(queue.large(), "2");
    std::string const two = frame + frame;
    EXPECT_EQ(peeked(queue), two + "1" + two + "2" + two);
}

// A transport may have sent its own header of the next frame already.
TEST(fair_queue, goes_on_with_the_frame_at_which_consuming_stopped) {
    fair_queue queue;
    add(queue.large(), "LLLL");
    add(queue.large(), "MMMM");
    ASSERT_EQ(peeked(queue), "LLLLMMMM");
    queue.consume(4);
    add(queue.in_order(), "ab");
    EXPECT_EQ(peeked(queue), "MMMMab");
}

TEST(fair_queue, goes_on_with_a_frame_that_was_begun_when_all_of_a_peek_went) {
    fair_queue queue;
    queue.large().begin_frame(8);
    std::string const pinned(4, 'P');
    queue.large().append_copy(as_bytes(std::string_view("head")));
    queue.large().append({as_bytes(pinned), pin{&queue, [](void*) noexcept {}}});
    ASSERT_EQ(peeked(queue, 1), "head");
    queue.consume(4);
    add(queue.in_order(), "ab");
    EXPECT_EQ(peeked(queue), "PPPPab");
}

TEST(fair_queue, ends_a_write_where_either_lane_does) {
    fair_queue queue;
    add(queue.large(), "LLLL");
    add(queue.in_order(), "ab");
    queue.in_order().end_write();
    add(queue.in_order(), "cd");
    ASSERT_EQ(peeked(queue), "ab");
    queue.consume(2);
    EXPECT_EQ(peeked(queue), "cdLLLL");
}

TEST(fair_queue, lets_nothing_overtake_a_fence) {
    fair_queue queue;
    add(queue.in_order(), "ab");
    add(queue.large(), "LLLL");
    add(queue.large(), "MMMM");
    queue.fence();
    add(queue.urgent(), "u");
    add(queue.in_order(), "cd");
    EXPECT_EQ(peeked(queue), "abLLLLMMMM");
    queue.consume(3);
    EXPECT_EQ(peeked(queue), "LLLMMMM");
    queue.consume(7);
    EXPECT_EQ(peeked(queue), "ucd");
    queue.consume(3);
    EXPECT_TRUE(queue.empty());
}

TEST(fair_queue, consumes_no_further_than_a_fence_lane_by_lane) {
    fair_queue queue;
    add(queue.large(), "LL");
    queue.fence();
    add(queue.urgent(), "u");
    add(queue.large(), "MM");
    queue.consume(3);  // without a peek
    EXPECT_EQ(peeked(queue), "MM");
}

// Whatever is queued and however it is taken: the lanes come out whole and in their own order, no
// frame is cut by one of another, and none goes before those that were behind a fence before it.
RC_GTEST_PROP(fair_queue, keeps_every_frame_whole_and_each_lane_in_order, ()) {
    fair_queue queue;
    std::string const lanes = "sLu";
    std::array<std::string, 3> queued;
    std::string taken;
    char next = 0;
    char fences = 'A';
    std::size_t before_fence = 0;
    auto const steps = *rc::gen::container<std::vector<std::pair<unsigned, std::size_t>>>(
        rc::gen::pair(rc::gen::inRange(0U, 6U), rc::gen::inRange<std::size_t>(1, 40)));
    auto const take = [&](std::size_t room, std::size_t most) {
        std::string const bytes = peeked(queue, room);
        std::size_t const size = std::min(bytes.size(), most);
        taken += bytes.substr(0, size);
        queue.consume(size);
    };
    for (auto const& [what, size] : steps) {
        if (what < 3) {
            // Lane, number of the frame, fences before it, bytes of it.
            std::string const frame =
                std::string(1, lanes[what]) + next++ + fences + std::string(size, '.');
            add(what == 0 ? queue.in_order() : what == 1 ? queue.large() : queue.urgent(), frame);
            queued[what] += frame;
        } else if (what < 5) {
            take(what == 3 ? 1 : 1 + size / 8, size);
        } else if (taken.size() >= before_fence) {
            queue.fence();
            before_fence = taken.size() + queue.size();
            ++fences;
        }
    }
    while (!queue.empty()) {
        take(3, 100'000);
    }
    std::array<std::string, 3> came;
    char passed = 'A';
    for (std::size_t at = 0; at < taken.size();) {
        std::size_t end = at + 3;
        while (end < taken.size() && taken[end] == '.') {
            ++end;
        }
        std::size_t const lane = lanes.find(taken[at]);
        RC_ASSERT(lane < lanes.size());
        RC_ASSERT(taken[at + 2] >= passed);
        passed = taken[at + 2];
        came[lane] += taken.substr(at, end - at);
        at = end;
    }
    RC_ASSERT(came == queued);
}

}  // namespace
}  // namespace trunkline
