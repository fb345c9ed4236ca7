#include <trunkline/frame/header.hpp>

#include <trunkline/base/format_page.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/frame/layout_detector.hpp>
#include <trunkline/frame/stream_encoder.hpp>
#include <trunkline/frame/testing.hpp>

#include <gtest/gtest.h>

namespace trunkline::frame {
namespace {

using namespace testing;

format_page const page(TRUNKLINE_SOURCE_DIR "/core/trunkline/frame/FORMAT.md");

TEST(frame_format, header_fields_stand_where_the_page_says) {
    format_table const fields = page.table("Header");
    struct {
        char const* name;
        std::size_t offset;
        std::size_t size;
    } const known[] = {
        {"payload size", payload_size_offset, sizeof(header::payload_size)},
        {"stream id", stream_id_offset, sizeof(header::stream_id)},
        {"sequence", sequence_offset, sizeof(header::sequence)},
        {"kind", kind_offset, sizeof(header::kind_byte)},
        {"sent at", sent_at_offset, sizeof(header::sent_at_us)},
    };
    ASSERT_EQ(fields.rows.size(), std::size(known) + 1);
    for (auto const& each : known) {
        EXPECT_EQ(fields.number(each.name, "size"), each.size) << each.name;
        EXPECT_EQ(fields.number(each.name, "offset in a"), each.offset) << each.name;
        if (each.offset != sent_at_offset) {
            EXPECT_EQ(fields.number(each.name, "offset in b"), each.offset) << each.name;
        }
    }
    EXPECT_EQ(fields.at("sent at", "offset in b"), "-");
}

TEST(frame_format, header_sizes_are_the_pages) {
    EXPECT_NE(page.text().find("| a | " + std::to_string(header_size_a) + " |"), std::string::npos);
    EXPECT_NE(page.text().find("| b | " + std::to_string(header_size_b) + " |"), std::string::npos);
}

TEST(frame_format, kinds_have_the_pages_numbers) {
    format_table const kinds = page.table("Kinds");
    char const* const names[] = {"open", "data", "end", "cancel", "pong", "ping"};
    ASSERT_EQ(kinds.rows.size(), std::size(names) + 1);
    EXPECT_EQ(std::size(names), kind_max + 1u);
    for (std::size_t i = 0; i < std::size(names); ++i) {
        EXPECT_EQ(kinds.number(names[i], "number"), i);
    }
    EXPECT_EQ(kinds.number("end", "number"), static_cast<std::size_t>(kind::end));
    EXPECT_EQ(kinds.number("cancel", "number"), static_cast<std::size_t>(kind::cancel));
    EXPECT_EQ(kinds.number("ping", "number"), static_cast<std::size_t>(kind::ping));
}

TEST(frame_format, the_example_is_what_the_encoder_writes) {
    gather_queue queue;
    frame_sink const sink{queue, layout::b, 0};
    stream_encoder stream(7);
    std::string const head("\0\1\0\0\0\xe3\xe3\x96\x0e\x76\xbb\x1d\xa4\0\0", 15);
    ASSERT_TRUE(stream.write_and_flush(as_bytes(head), {}, sink));
    ASSERT_TRUE(stream.end(sink));
    std::string digits;
    for (std::byte const each : take_bytes(queue)) {
        constexpr char hex[] = "0123456789abcdef";
        digits.push_back(hex[std::to_integer<int>(each) >> 4]);
        digits.push_back(hex[std::to_integer<int>(each) & 15]);
    }
    EXPECT_EQ(page.hex_example("Example"), digits);
}

TEST(frame_format, limits_are_the_pages) {
    format_table const limits = page.table("Reassembly");
    session_limits const defaults;
    EXPECT_EQ(limits.number("declared payload of a frame", "default"),
              defaults.frame_payload_size_max);
    EXPECT_EQ(limits.number("open streams", "default"), defaults.open_streams_max);
    EXPECT_EQ(limits.number("frames ahead, per stream", "default"),
              defaults.out_of_order_frames_max);
    EXPECT_EQ(limits.number("bytes ahead, per stream", "default"), defaults.out_of_order_size_max);
    EXPECT_EQ(limits.number("streams without their first frame", "default"),
              defaults.unbegun_streams_max);
    EXPECT_EQ(limits.rows.size(), 6u);
    EXPECT_EQ(page.table("Sending").at("65,536", "frames"), "open(65,536), end");
    EXPECT_EQ(chunk_size, 65536u);
    EXPECT_EQ(sent_at_min_us, 0x0006000000000000u);
    EXPECT_EQ(sent_at_end_us, 0x0008000000000000u);
    EXPECT_EQ(content_rule_size, 36u);
}

}  // namespace
}  // namespace trunkline::frame
