#include <trunkline/extension/control_frames.hpp>

#include <trunkline/extension/test_hex.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::extension {
namespace {

using testing::bytes_of;

TEST(control_frames, of_the_wrong_size_are_none) {
    EXPECT_FALSE(decode_credit(bytes_of("000000")));
    EXPECT_FALSE(decode_credit(bytes_of("0000000000")));
    EXPECT_FALSE(decode_reset(bytes_of("0007000000010000")));
    EXPECT_FALSE(decode_reset(bytes_of("00070000000100000000")));
    EXPECT_FALSE(decode_reset(bytes_of("020700000001000000")));
    EXPECT_FALSE(decode_go_away(bytes_of("000000")));
    std::vector<std::byte> const longest(4 + text_size_max);
    EXPECT_TRUE(decode_go_away(longest));
    std::vector<std::byte> const longer(5 + text_size_max);
    EXPECT_FALSE(decode_go_away(longer));
}

TEST(control_frames, read_codes_that_are_not_known_as_none) {
    auto const reset = decode_reset(bytes_of("010900000007000000"));
    ASSERT_TRUE(reset);
    EXPECT_EQ(reset->by, reset_by::called);
    EXPECT_EQ(reset->request_id, 9u);
    EXPECT_EQ(reset->why, code::none);
}

TEST(control_frames, cut_the_text_of_a_go_away) {
    gather_queue queue;
    std::string const text(text_size_max + 1, 'x');
    control_sink{queue, frame::layout::b, 0}.put_go_away({code::going_away, text});
    EXPECT_EQ(queue.size(), frame::header_size_b + 4 + text_size_max);
}

}  // namespace
}  // namespace trunkline::extension
