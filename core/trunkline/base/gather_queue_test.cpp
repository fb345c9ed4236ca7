#include <trunkline/base/gather_queue.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace trunkline {
namespace {

std::string text_of(gather_queue const& queue) {
    std::vector<out_segment> segments(1000);
    std::string all;
    for (std::size_t i = 0, count = queue.peek(segments); i < count; ++i) {
        all += as_text(segments[i].bytes);
    }
    return all;
}

// A pin that counts its release.
pin counting_pin(int& released) {
    return {&released, [](void* count) noexcept { ++*static_cast<int*>(count); }};
}

TEST(gather_queue, begins_empty) {
    gather_queue queue;
    std::array<out_segment, 4> out;
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.peek(out), 0u);
}

TEST(gather_queue, joins_small_copies_of_one_frame) {
    gather_queue queue;
    queue.begin_frame(5);
    queue.append_copy(as_bytes("ab"));
    queue.append_copy(as_bytes("cde"));
    std::array<out_segment, 4> out;
    ASSERT_EQ(queue.peek(out), 1u);
    EXPECT_EQ(as_text(out[0].bytes), "abcde");
    EXPECT_EQ(out[0].frame_size, 5u);
    EXPECT_EQ(queue.owned_size(), 5u);
}

TEST(gather_queue, a_new_frame_is_a_new_segment) {
    gather_queue queue;
    queue.begin_frame(1);
    queue.append_copy(as_bytes("a"));
    queue.begin_frame(1);
    queue.append_copy(as_bytes("b"));
    std::array<out_segment, 4> out;
    ASSERT_EQ(queue.peek(out), 2u);
    EXPECT_EQ(out[1].frame_size, 1u);
}

TEST(gather_queue, peek_stops_at_the_end_of_a_write) {
    gather_queue queue;
    queue.begin_frame(1);
    queue.append_copy(as_bytes("a"));
    queue.begin_frame(1);
    queue.append_copy(as_bytes("b"));
    queue.end_write();
    queue.append_copy(as_bytes("c"));
    EXPECT_EQ(text_of(queue), "ab");
    queue.consume(1);
    EXPECT_EQ(text_of(queue), "b");
    queue.consume(1);
    EXPECT_EQ(text_of(queue), "c");
}

TEST(gather_queue, borrows_pinned_bytes_until_the_last_is_consumed) {
    std::string const value(100, 'v');
    int released = 0;
    gather_queue queue;
    queue.begin_frame(101);
    queue.append_copy(as_bytes("h"));
    queue.append({as_bytes(value), counting_pin(released)});
    std::array<out_segment, 4> out;
    ASSERT_EQ(queue.peek(out), 2u);
    EXPECT_EQ(static_cast<void const*>(out[1].bytes.data()), value.data());
    EXPECT_EQ(queue.borrowed_size(), 100u);
    queue.consume(100);
    EXPECT_EQ(released, 0);
    queue.consume(1);
    EXPECT_EQ(released, 1);
    EXPECT_TRUE(queue.empty());
}

TEST(gather_queue, a_frame_begun_is_not_begun_again) {
    gather_queue queue;
    queue.begin_frame(4);
    queue.append_copy(as_bytes("abcd"));
    queue.consume(1);
    std::array<out_segment, 1> out;
    ASSERT_EQ(queue.peek(out), 1u);
    EXPECT_EQ(out[0].frame_size, 0u);
    EXPECT_EQ(as_text(out[0].bytes), "bcd");
}

TEST(gather_queue, clear_releases_pins) {
    int released = 0;
    gather_queue queue;
    queue.append({as_bytes("borrowed"), counting_pin(released)});
    queue.append_copy(as_bytes("owned"));
    queue.clear();
    EXPECT_EQ(released, 1);
    EXPECT_EQ(queue.size(), 0u);
}

TEST(gather_queue, an_empty_slice_releases_its_pin_at_once) {
    int released = 0;
    gather_queue queue;
    queue.append({{}, counting_pin(released)});
    EXPECT_EQ(released, 1);
    EXPECT_TRUE(queue.empty());
}

RC_GTEST_PROP(gather_queue_property, behaves_like_a_string, ()) {
    gather_queue queue;
    std::string model;
    std::vector<std::unique_ptr<std::string>> borrowed;
    int pinned = 0;
    int released = 0;
    for (int step = *rc::gen::inRange(1, 80); step > 0; --step) {
        std::string text(*rc::gen::inRange<std::size_t>(0, 40'000), 'x');
        for (std::size_t i = 0; i < text.size(); ++i) {
            text[i] = static_cast<char>('a' + (i + static_cast<std::size_t>(step)) % 26);
        }
        switch (*rc::gen::inRange(0, 4)) {
            case 0:
                queue.append_copy(as_bytes(text));
                model += text;
                break;
            case 1:
                borrowed.push_back(std::make_unique<std::string>(text));
                queue.append({as_bytes(*borrowed.back()), counting_pin(released)});
                ++pinned;
                model += text;
                break;
            default: {
                auto const size = *rc::gen::inRange<std::size_t>(0, model.size() + 1);
                queue.consume(size);
                model.erase(0, size);
            }
        }
        RC_ASSERT(queue.size() == model.size());
        RC_ASSERT(text_of(queue) == model);
    }
    queue.consume(model.size());
    RC_ASSERT(released == pinned);
}

}  // namespace
}  // namespace trunkline
