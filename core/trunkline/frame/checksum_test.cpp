// Frames with their checks (extension/FORMAT.md, "Checks"), written and read.
#include <trunkline/frame/checksum.hpp>
#include <trunkline/frame/decoder.hpp>
#include <trunkline/frame/error.hpp>
#include <trunkline/frame/stream_encoder.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::frame {
namespace {

using byte_string = std::vector<std::byte>;

byte_string taken(gather_queue& queue) {
    byte_string bytes;
    std::vector<out_segment> segments(100);
    std::size_t const count = queue.peek(segments);
    for (auto const& each : std::span(segments).first(count)) {
        bytes.insert(bytes.end(), each.bytes.begin(), each.bytes.end());
    }
    queue.consume(bytes.size());
    return bytes;
}

// A stream whose payload is copied, borrowed, and cut at a chunk.
byte_string stream_of(layout of) {
    static std::string const lent(3000, 'l');
    gather_queue queue;
    frame_sink const to{queue, of, 5, true};
    stream_encoder stream(7, 2000);
    slice pieces[] = {{as_bytes(std::string_view("copied")), {}},
                      {as_bytes(lent), pin(&queue, [](void*) noexcept {})}};
    EXPECT_TRUE(stream.write_and_flush(as_bytes(std::string_view("head")), pieces, to));
    EXPECT_TRUE(stream.end(to));
    return taken(queue);
}

struct outcome {
    std::vector<std::string> frames;
    std::optional<error_code> failed;
    bool at_border = true;
};

outcome read(layout of, bytes_view bytes, std::size_t step) {
    outcome got;
    decoder from(of, 1 * mib);
    from.check_frames();
    std::string frame;
    while (!bytes.empty()) {
        bytes_view piece = bytes.first(std::min(step, bytes.size()));
        bytes = bytes.subspan(piece.size());
        for (;;) {
            auto const next = from.next(piece);
            if (!next) {
                got.failed = next.error();
                EXPECT_FALSE(from.next(piece)) << "and ever after";
                return got;
            }
            if (!*next) {
                break;
            }
            EXPECT_EQ((*next)->begins, frame.empty());
            frame += frame.empty() ? std::to_string((*next)->head.kind_byte) + " " : "";
            frame += as_text((*next)->bytes);
            if ((*next)->ends) {
                got.frames.push_back(std::exchange(frame, {}));
            }
        }
    }
    got.at_border = from.at_border();
    return got;
}

class checked_frames : public ::testing::TestWithParam<layout> {};
INSTANTIATE_TEST_SUITE_P(both_layouts, checked_frames, ::testing::Values(layout::a, layout::b));

TEST(checksum, is_the_crc_32_of_zlib) {
    EXPECT_EQ(checksum(0, as_bytes(std::string_view("123456789"))), 0xcbf43926u);
    EXPECT_EQ(checksum(checksum(0, as_bytes(std::string_view("1234"))),
                       as_bytes(std::string_view("56789"))),
              0xcbf43926u);
    EXPECT_EQ(checksum(7, {}), 7u);
}

TEST_P(checked_frames, come_back_however_they_are_cut) {
    byte_string const bytes = stream_of(GetParam());
    EXPECT_EQ(bytes.size(), 3 * (header_size(GetParam()) + check_size) + 2 * check_size + 3010);
    std::string const all = "headcopied" + std::string(3000, 'l');
    std::vector<std::string> const expected{"0 " + all.substr(0, 2000), "1 " + all.substr(2000),
                                            "2 "};
    for (std::size_t step = 1; step < 60; ++step) {
        outcome const got = read(GetParam(), bytes, step);
        EXPECT_EQ(got.frames, expected) << step;
        EXPECT_FALSE(got.failed);
        EXPECT_TRUE(got.at_border);
    }
}

// Neither a bit nor several in a row: and frames before it are not touched.
TEST_P(checked_frames, with_changed_bits_end_there) {
    byte_string const bytes = stream_of(GetParam());
    auto const whole = read(GetParam(), bytes, bytes.size()).frames;
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
        for (unsigned const length : {1U, 32U}) {
            byte_string changed = bytes;
            for (std::size_t at = bit; at < std::min(bit + length, 8 * bytes.size()); ++at) {
                changed[at / 8] ^= std::byte{1} << at % 8;
            }
            outcome const got = read(GetParam(), changed, bit % 2 == 0 ? bytes.size() : 100);
            ASSERT_EQ(got.failed, frame_error::bad_check) << bit;
            ASSERT_TRUE(std::equal(got.frames.begin(), got.frames.end(), whole.begin())) << bit;
        }
    }
}

TEST_P(checked_frames, of_an_unknown_kind_are_checked_too) {
    gather_queue queue;
    std::array<std::byte, header_size_max> head;
    std::size_t const size = encode_header({4, 1, 0, 99, 0}, GetParam(), head);
    byte_string bytes(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(size));
    byte_string const payload(4, std::byte{9});
    std::uint32_t const sum = checksum(0, bytes);
    queue.begin_frame(size + 4 + checks_size(4));
    queue.append_copy(bytes);
    put_check(queue, sum);
    queue.append_copy(payload);
    put_check(queue, checksum(sum, payload));
    bytes = taken(queue);
    EXPECT_EQ(read(GetParam(), bytes, 1).frames, std::vector<std::string>{"99 "});
    bytes[size + check_size] ^= std::byte{1};
    EXPECT_EQ(read(GetParam(), bytes, 3).failed, frame_error::bad_check);
}

}  // namespace
}  // namespace trunkline::frame
