#include <trunkline/frame/stream_encoder.hpp>

#include <trunkline/frame/error.hpp>
#include <trunkline/frame/testing.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace trunkline::frame {
namespace {

using namespace testing;

std::vector<whole_frame> frames_of(byte_string const& bytes, layout of) {
    decoder from(of, 16 * mib);
    std::vector<whole_frame> frames;
    bytes_view rest = bytes;
    while (auto const part = from.next(rest).value()) {
        frames.push_back({part->head.stream_id, part->head.sequence, part->head.kind_byte,
                          std::string(as_text(part->bytes))});
        EXPECT_EQ(part->head.sent_at_us, of == layout::a ? sent_at_us : 0);
    }
    EXPECT_TRUE(rest.empty());
    return frames;
}

class sending : public ::testing::TestWithParam<layout> {
protected:
    gather_queue queue;
    frame_sink sink{queue, GetParam(), sent_at_us};

    std::vector<whole_frame> sent() { return frames_of(take_bytes(queue), GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(both_layouts, sending, ::testing::Values(layout::a, layout::b));

TEST_P(sending, a_message_is_cut_at_the_chunk_size) {
    for (std::size_t const size : {0, 1, 3, 4, 5, 8, 9}) {
        std::string const body = std::string("abcdefghi").substr(0, size);
        stream_encoder stream(5, 4);
        slice piece{as_bytes(body), {}};
        ASSERT_TRUE(stream.write_and_flush({}, {&piece, 1}, sink));
        ASSERT_TRUE(stream.end(sink));
        std::vector<whole_frame> expected;
        std::uint32_t sequence = 0;
        for (std::size_t at = 0; at < size; at += 4) {
            expected.push_back(
                make(sequence == 0 ? kind::open : kind::data, 5, sequence, body.substr(at, 4)));
            ++sequence;
        }
        expected.push_back(make(kind::end, 5, sequence));
        EXPECT_EQ(sent(), expected) << size;
    }
}

TEST_P(sending, the_size_written_counts_headers) {
    stream_encoder stream(5, 4);
    EXPECT_EQ(stream.write(as_bytes("abc"), {}, sink).value(), 0u);
    EXPECT_EQ(stream.write(as_bytes("de"), {}, sink).value(), header_size(GetParam()) + 4);
    EXPECT_EQ(stream.end(sink).value(), header_size(GetParam()) + 1);
    EXPECT_EQ(sent(), (std::vector{make(kind::open, 5, 0, "abcd"), make(kind::end, 5, 1, "e")}));
}

TEST_P(sending, nothing_follows_an_end_or_a_cancel) {
    stream_encoder ended(1);
    ASSERT_TRUE(ended.end(sink));
    EXPECT_EQ(ended.write({}, {}, sink).error(), frame_error::write_after_end);
    EXPECT_EQ(ended.flush(sink).error(), frame_error::write_after_end);
    EXPECT_EQ(ended.cancel(sink).error(), frame_error::write_after_end);
    stream_encoder cancelled(2);
    ASSERT_TRUE(cancelled.write(as_bytes("dropped"), {}, sink));
    ASSERT_TRUE(cancelled.cancel(sink));
    EXPECT_EQ(cancelled.end(sink).error(), frame_error::write_after_cancel);
    std::array<out_segment, 4> segments;
    (void)queue.peek(segments);
    EXPECT_EQ(sent(), (std::vector{make(kind::end, 1, 0), make(kind::cancel, 2, 0)}));
}

TEST_P(sending, a_cancel_ends_its_write) {
    stream_encoder stream(1);
    ASSERT_TRUE(stream.cancel(sink));
    stream_encoder other(2);
    ASSERT_TRUE(other.end(sink));
    std::array<out_segment, 4> segments;
    ASSERT_EQ(queue.peek(segments), 1u);
    EXPECT_EQ(segments[0].bytes.size(), header_size(GetParam()));
}

struct pinned {
    std::string bytes;
    int released = 0;

    explicit pinned(std::size_t size) : bytes(size, 'v') {}
    slice take() {
        return {as_bytes(bytes),
                pin(this, [](void* of) noexcept { ++static_cast<pinned*>(of)->released; })};
    }
};

TEST_P(sending, a_large_value_is_borrowed_and_cut) {
    pinned value(200000);
    slice piece = value.take();
    stream_encoder stream(1);
    ASSERT_TRUE(stream.write_and_flush(as_bytes("0123456789abcde"), {&piece, 1}, sink));
    ASSERT_TRUE(stream.end(sink));
    EXPECT_EQ(queue.borrowed_size(), 200000u);
    EXPECT_EQ(queue.owned_size(), 15 + 5 * header_size(GetParam()));
    std::array<out_segment, 16> segments;
    std::size_t const count = queue.peek(segments);
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (segments[i].bytes.size() > 100) {
            EXPECT_EQ(as_text(segments[i].bytes).data(), value.bytes.data() + at);
            at += segments[i].bytes.size();
        }
    }
    queue.consume(queue.size() - header_size(GetParam()) - 1);
    EXPECT_EQ(value.released, 0);
    queue.consume(1);
    EXPECT_EQ(value.released, 1);
}

TEST_P(sending, what_does_not_fill_a_frame_is_copied_and_its_pin_kept_for_the_rest) {
    pinned value(65536 + 1000);
    slice piece = value.take();
    stream_encoder stream(1);
    ASSERT_TRUE(stream.write({}, {&piece, 1}, sink));
    EXPECT_EQ(queue.borrowed_size(), 65536u);
    EXPECT_EQ(value.released, 0);
    queue.consume(queue.size());
    EXPECT_EQ(value.released, 1);
    std::string const sent_value = value.bytes;
    value.bytes.assign(value.bytes.size(), '!');
    ASSERT_TRUE(stream.flush(sink));
    EXPECT_EQ(sent(), std::vector{make(kind::data, 1, 1, sent_value.substr(65536))});
}

TEST_P(sending, small_pinned_values_are_copied) {
    pinned value(100);
    slice piece = value.take();
    stream_encoder stream(1);
    ASSERT_TRUE(stream.write_and_flush({}, {&piece, 1}, sink));
    EXPECT_EQ(value.released, 1);
    EXPECT_EQ(queue.borrowed_size(), 0u);
}

RC_GTEST_PROP(sending, any_pieces_arrive_as_one_run_of_bytes, (bool as_a, bool flush_each)) {
    layout const of = as_a ? layout::a : layout::b;
    auto const chunk = *rc::gen::inRange<std::size_t>(1, 40);
    auto const sizes = *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::weightedOneOf<std::size_t>({{5, rc::gen::inRange<std::size_t>(0, 100)},
                                             {1, rc::gen::inRange<std::size_t>(500, 700)}}));
    gather_queue queue;
    frame_sink const sink{queue, of, sent_at_us};
    stream_encoder stream(9, chunk);
    std::vector<std::unique_ptr<pinned>> values;
    std::string expected;
    for (std::size_t const size : sizes) {
        values.push_back(std::make_unique<pinned>(size));
        for (char& each : values.back()->bytes) {
            each = static_cast<char>('a' + expected.size() % 26);
            expected.push_back(each);
        }
        slice piece = values.back()->take();
        auto const written = flush_each ? stream.write_and_flush({}, {&piece, 1}, sink)
                                        : stream.write({}, {&piece, 1}, sink);
        RC_ASSERT(written.has_value());
    }
    RC_ASSERT(stream.end(sink).has_value());
    std::string arrived;
    std::uint32_t sequence = 0;
    for (whole_frame const& frame : frames_of(take_bytes(queue), of)) {
        RC_ASSERT(frame.sequence == sequence++);
        RC_ASSERT(frame.payload.size() <= chunk);
        arrived += frame.payload;
    }
    RC_ASSERT(arrived == expected);
    for (auto const& each : values) {
        RC_ASSERT(each->released == 1);
    }
}

}  // namespace
}  // namespace trunkline::frame
