#include <trunkline/extension/control_frames.hpp>
#include <trunkline/extension/kinds.hpp>

#include <trunkline/base/format_page.hpp>
#include <trunkline/flow/limits.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::extension {
namespace {

format_page const page(TRUNKLINE_SOURCE_DIR "/core/trunkline/extension/FORMAT.md");

std::string hex_of(gather_queue& queue) {
    std::string digits;
    out_segment segments[4];
    std::size_t const count = queue.peek(segments);
    for (std::size_t i = 0; i < count; ++i) {
        for (std::byte const each : segments[i].bytes) {
            constexpr char hex[] = "0123456789abcdef";
            digits.push_back(hex[std::to_integer<int>(each) >> 4]);
            digits.push_back(hex[std::to_integer<int>(each) & 15]);
        }
    }
    return digits;
}

TEST(extension_format, kinds_have_the_pages_numbers) {
    format_table const kinds = page.table("Kinds");
    struct {
        char const* name;
        kind number;
    } const known[] = {{"header", kind::header}, {"credit", kind::credit},
                       {"reset", kind::reset},   {"ping", kind::ping},
                       {"pong", kind::pong},     {"go away", kind::go_away}};
    ASSERT_EQ(kinds.rows.size(), std::size(known) + 1);
    for (auto const& each : known) {
        EXPECT_EQ(kinds.number(each.name, "number"), static_cast<std::size_t>(each.number));
    }
    EXPECT_EQ(static_cast<std::size_t>(kind_known), static_cast<std::size_t>(kind::go_away));
}

TEST(extension_format, codes_have_the_pages_numbers) {
    format_table const codes = page.table("Codes");
    struct {
        char const* name;
        code number;
    } const known[] = {{"none", code::none},
                       {"cancelled", code::cancelled},
                       {"deadline", code::deadline},
                       {"refused", code::refused},
                       {"flow", code::flow},
                       {"limit", code::limit},
                       {"going away", code::going_away}};
    ASSERT_EQ(codes.rows.size(), std::size(known) + 1);
    for (auto const& each : known) {
        EXPECT_EQ(codes.number(each.name, "number"), static_cast<std::size_t>(each.number));
    }
}

TEST(extension_format, limits_are_the_pages) {
    format_table const limits = page.table("Limits");
    struct {
        char const* name;
        std::size_t value;
    } const known[] = {
        {"header", header_size_max},
        {"metadata entries", metadata_entries_max},
        {"headers whose stream has not begun", headers_ahead_max},
        {"pings, credits and the like that wait to be sent", control_queued_mark},
        {"payload of the other frames", control_size_max},
    };
    ASSERT_EQ(limits.rows.size(), std::size(known) + 1);
    for (auto const& each : known) {
        EXPECT_EQ(limits.number(each.name, "default"), each.value) << each.name;
    }
    format_table const credit = page.table("Credit");
    EXPECT_EQ(credit.number("first credit", "default"), flow::first_credit);
    EXPECT_EQ(credit.number("window of one stream", "default"), flow::window_size_max);
    EXPECT_EQ(credit.number("all windows of a connection, above their first credit", "default"),
              flow::growth_size_max);
    EXPECT_EQ(credit.number("what waits for the credit of one peer; above it a new request is "
                            "refused with status 2",
                            "default"),
              flow::waiting_size_max);
    EXPECT_NE(page.text().find("at most 16,384 bytes of payload"), std::string::npos);
    EXPECT_EQ(flow::first_credit, 16384u);
    EXPECT_NE(page.text().find("credit above 4,294,967,295"), std::string::npos);
    EXPECT_EQ(flow::credit_max, 4294967295u);
    EXPECT_EQ(ping_size_max, 64u);
    EXPECT_EQ(text_size_max, 256u);
}

TEST(extension_format, the_words_of_the_agreement_are_the_pages) {
    EXPECT_NE(page.text().find("`" + std::string(subprotocol) + "`"), std::string::npos);
    EXPECT_NE(page.text().find("`" + std::string(hello_method) + "`"), std::string::npos);
    EXPECT_EQ(version, 1);
}

TEST(extension_format, the_checked_frame_is_what_the_encoder_writes) {
    gather_queue queue;
    std::byte const payload{1};
    control_sink{queue, frame::layout::b, 0, true}.put(kind::ping, 0, {&payload, 1});
    EXPECT_EQ(page.hex_example("Checks"), hex_of(queue));
    EXPECT_EQ(checked_frames, 1);
}

TEST(extension_format, the_example_is_what_the_encoder_writes) {
    gather_queue queue;
    control_sink{queue, frame::layout::b, 0}.put_reset({reset_by::caller, 7, code::cancelled});
    EXPECT_EQ(page.hex_example("Example"), hex_of(queue));
}

}  // namespace
}  // namespace trunkline::extension
