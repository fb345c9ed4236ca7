#include <trunkline/frame/layout_detector.hpp>

#include <trunkline/frame/testing.hpp>

#include <gtest/gtest.h>

namespace trunkline::frame {
namespace {

using namespace testing;

std::string const call_head("\0\1\0\0\0\xe3\xe3\x96\x0e\x76\xbb\x1d\xa4\0\0", 15);

byte_string call_frames(layout of, std::uint32_t stream_id = 1) {
    return encode({make(kind::open, stream_id, 0, call_head), make(kind::end, stream_id, 1)}, of);
}

class detection : public ::testing::TestWithParam<layout> {
protected:
    static std::optional<layout> in_pieces(byte_string const& bytes, std::size_t step,
                                           bool borders) {
        layout_detector detector(borders);
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            std::size_t const size = std::min(step, bytes.size() - at);
            auto const found = detector.feed(bytes_view(bytes).subspan(at, size),
                                             borders && at + size == bytes.size());
            EXPECT_TRUE(!found || detector.kept().size() == at);
            if (found) {
                return found;
            }
        }
        return std::nullopt;
    }
};

INSTANTIATE_TEST_SUITE_P(both_layouts, detection, ::testing::Values(layout::a, layout::b));

TEST_P(detection, a_single_frame_is_a_message) {
    for (std::size_t const size : {0, 1, 8, 14, 15, 36, 65536}) {
        byte_string const bytes =
            encode({make(kind::open, 3, 0, std::string(size, 'x'))}, GetParam());
        EXPECT_EQ(layout_of_message(bytes), GetParam()) << size;
    }
}

TEST_P(detection, several_frames_are_cut) {
    EXPECT_EQ(layout_of_message(call_frames(GetParam())), GetParam());
}

TEST_P(detection, every_split_of_a_call_gives_the_same_answer) {
    byte_string const bytes = call_frames(GetParam());
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        EXPECT_EQ(in_pieces(bytes, step, false), GetParam()) << step;
        EXPECT_EQ(in_pieces(bytes, step, true), GetParam()) << step;
    }
}

TEST_P(detection, borders_decide_for_a_message_in_pieces_whatever_its_content) {
    byte_string bytes = encode({make(kind::open, 1, 0, std::string(60, '\7'))}, GetParam());
    if (GetParam() == layout::a) {
        std::fill_n(bytes.begin() + sent_at_offset, 8, std::byte{0});  // a sender without a clock
    }
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        EXPECT_EQ(in_pieces(bytes, step, true), GetParam()) << step;
    }
}

TEST_P(detection, needs_bytes) {
    byte_string const bytes = call_frames(GetParam());
    EXPECT_EQ(layout_of_message({}), std::nullopt);
    EXPECT_EQ(layout_of_content(bytes_view(bytes).first(20)), std::nullopt);
}

TEST(detection, an_empty_message_is_no_first_message) {
    layout_detector detector(true);
    EXPECT_EQ(detector.feed({}, true), std::nullopt);
    EXPECT_EQ(detector.feed(call_frames(layout::a), true), layout::a);
}

TEST(detection, a_split_frame_over_messages_falls_back_to_content) {
    for (layout const of : {layout::a, layout::b}) {
        byte_string const bytes = call_frames(of);
        layout_detector detector(true);
        EXPECT_EQ(detector.feed(bytes_view(bytes).first(3), true), std::nullopt);
        EXPECT_EQ(detector.feed(bytes_view(bytes).subspan(3), true), of);
        EXPECT_EQ(detector.kept().size(), 3u);
    }
}

// Layout b with a method id whose lowest bytes make offset 13 look like a time.
TEST(detection, a_method_id_that_looks_like_a_time_is_told_apart) {
    std::string head = call_head;
    head[5] = '\x11';
    head[6] = '\x06';
    head[7] = '\0';
    byte_string const as_b =
        encode({make(kind::open, 1, 0, head), make(kind::end, 1, 1)}, layout::b);
    EXPECT_EQ(layout_of_content(as_b), layout::b);
    byte_string const as_a =
        encode({make(kind::open, 1, 0, head), make(kind::end, 1, 1)}, layout::a);
    EXPECT_EQ(layout_of_content(as_a), layout::a);
}

TEST(detection, tells_the_declared_size_before_the_layout) {
    byte_string const bytes{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}, std::byte{5}};
    for (std::size_t kept = 0; kept < 5; ++kept) {
        layout_detector detector(false);
        (void)detector.feed(bytes_view(bytes).first(kept), false);
        EXPECT_EQ(detector.declared_size({}).has_value(), kept == 4);
        EXPECT_EQ(detector.declared_size(bytes_view(bytes).subspan(kept)), 0x04030201u);
    }
}

// A message of many frames in pieces is not waited for: it cannot be one frame of published size.
TEST(detection, keeps_at_most_one_published_frame) {
    layout_detector detector(true);
    byte_string const zeros(200000, std::byte{0});
    std::size_t fed = 0;
    while (!detector.feed(bytes_view(zeros).subspan(fed, 1), false)) {
        ++fed;
        ASSERT_LE(fed, content_rule_size);
    }
    byte_string const large = encode({make(kind::open, 1, 0, std::string(100000, 'x'))}, layout::b);
    layout_detector other(true);
    fed = 0;
    while (!other.feed(bytes_view(large).subspan(fed, 100), false)) {
        fed += 100;
        ASSERT_LE(fed, 65536u + 21 + 100);
    }
}

}  // namespace
}  // namespace trunkline::frame
