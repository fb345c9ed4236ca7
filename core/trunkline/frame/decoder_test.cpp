#include <trunkline/frame/decoder.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/frame/error.hpp>
#include <trunkline/frame/testing.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace trunkline::frame {
namespace {

using namespace testing;

// The frames in `bytes`, fed in pieces of `step`.
result<std::vector<whole_frame>> decode(byte_string const& bytes, layout of, std::size_t step,
                                        std::size_t payload_size_max = 16 * mib) {
    decoder from(of, payload_size_max);
    std::vector<whole_frame> frames;
    bool open = false;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        byte_string const piece(
            bytes.begin() + static_cast<std::ptrdiff_t>(at),
            bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at + step, bytes.size())));
        bytes_view rest = piece;
        while (true) {
            auto const next = from.next(rest);
            if (!next) {
                return next.error();
            }
            if (!*next) {
                break;
            }
            fragment const& part = **next;
            EXPECT_EQ(part.begins, !open);
            if (part.begins) {
                frames.push_back(
                    {part.head.stream_id, part.head.sequence, part.head.kind_byte, ""});
            }
            frames.back().payload += as_text(part.bytes);
            open = !part.ends;
        }
        EXPECT_TRUE(rest.empty());
    }
    EXPECT_TRUE(!open || !from.at_border());
    return frames;
}

class decoding : public ::testing::TestWithParam<layout> {};

INSTANTIATE_TEST_SUITE_P(both_layouts, decoding, ::testing::Values(layout::a, layout::b));

std::vector<whole_frame> const some_frames{
    make(kind::open, 1, 0, "hello"),      make(kind::end, 1, 1),
    make(kind::data, 0xffffffff, 7, "x"), make(kind::cancel, 2, 9, "junk"),
    make(kind::ping, 3, 0, "ping"),       make(kind::open, 4, 0, ""),
};

TEST_P(decoding, every_split_gives_the_same_frames) {
    byte_string const bytes = encode(some_frames, GetParam());
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        EXPECT_EQ(decode(bytes, GetParam(), step).value(), some_frames) << step;
    }
}

TEST_P(decoding, every_strict_prefix_gives_the_whole_frames_in_it) {
    byte_string const bytes = encode(some_frames, GetParam());
    std::size_t whole = 0;
    std::size_t border = 0;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        if (size == border + header_size(GetParam()) + some_frames[whole].payload.size()) {
            border = size;
            ++whole;
        }
        byte_string const prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        auto const frames = decode(prefix, GetParam(), 1 << 20).value();
        EXPECT_TRUE(frames.size() == whole || frames.size() == whole + 1) << size;
    }
}

TEST_P(decoding, payload_is_a_view_into_the_input) {
    byte_string const bytes = encode({make(kind::open, 1, 0, "hello")}, GetParam());
    decoder from(GetParam(), 100);
    bytes_view rest = bytes;
    auto const part = from.next(rest).value().value();
    EXPECT_EQ(part.bytes.data(), bytes.data() + header_size(GetParam()));
}

TEST_P(decoding, an_unknown_kind_is_skipped_by_its_length) {
    for (int const kind_byte : {6, 7, 16, 31, 255}) {
        std::vector<whole_frame> const frames{
            {1, 0, static_cast<std::uint8_t>(kind_byte), "skipped"},
            make(kind::open, 2, 0, "kept")};
        byte_string const bytes = encode(frames, GetParam());
        for (std::size_t step = 1; step <= bytes.size(); ++step) {
            auto const got = decode(bytes, GetParam(), step).value();
            ASSERT_EQ(got.size(), 2u);
            EXPECT_EQ(got[0].kind_byte, kind_byte);
            EXPECT_EQ(got[0].payload, "");
            EXPECT_EQ(got[1], frames[1]);
        }
    }
}

TEST_P(decoding, a_declared_size_above_the_limit_fails_when_the_header_is_read) {
    for (std::size_t const limit : {0ul, 1ul, 65536ul, 16 * mib}) {
        for (std::size_t const size : {limit, limit + 1}) {
            std::array<std::byte, header_size_max> head;
            (void)encode_header({static_cast<std::uint32_t>(size), 1, 0, 0, 0}, GetParam(), head);
            byte_string const bytes(head.begin(), head.begin() + header_size(GetParam()));
            for (std::size_t const step : {1ul, 64ul}) {
                auto const got = decode(bytes, GetParam(), step, limit);
                EXPECT_EQ(got.has_value(), size <= limit) << limit;
                if (!got) {
                    EXPECT_EQ(got.error(), frame_error::payload_too_large);
                }
            }
        }
    }
}

TEST_P(decoding, a_failure_stays) {
    byte_string const bytes(header_size(GetParam()), std::byte{0xff});
    decoder from(GetParam(), 100);
    bytes_view rest = bytes;
    EXPECT_TRUE(from.next(rest).has_error());
    bytes_view none;
    EXPECT_TRUE(from.next(none).has_error());
}

RC_GTEST_PROP(decoding, round_trips_any_frames_in_any_cut, (bool as_a)) {
    layout const of = as_a ? layout::a : layout::b;
    auto const frames =
        *rc::gen::container<std::vector<whole_frame>>(rc::gen::construct<whole_frame>(
            rc::gen::arbitrary<std::uint32_t>(), rc::gen::arbitrary<std::uint32_t>(),
            rc::gen::inRange<std::uint8_t>(0, kind_max + 1), rc::gen::string<std::string>()));
    auto const step = *rc::gen::inRange<std::size_t>(1, 80);
    RC_ASSERT(decode(encode(frames, of), of, step).value() == frames);
}

}  // namespace
}  // namespace trunkline::frame
