#include <trunkline/typed/record.hpp>

#include <trunkline/base/format_page.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/bitcode/encode.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace trunkline::typed {
namespace {

format_page const page(TRUNKLINE_SOURCE_DIR "/core/trunkline/typed/FORMAT.md");

std::string hex(std::uint32_t number) {
    char text[16];
    std::snprintf(text, sizeof text, "0x%08x", number);
    return text;
}

struct number {
    std::uint16_t value = 0;
    static constexpr auto fields() { return std::tuple(&number::value); }
};

TEST(typed_format, prefixes_are_the_pages) {
    format_table const records = page.table("Records");
    ASSERT_EQ(records.rows.size(), 5u);
    EXPECT_EQ(records.at("0x00000000 to " + hex(failure_bit - 1), "kind"), "message");
    EXPECT_EQ(records.at(hex(failure_bit) + " to " + hex(failure_bit | failure_size_max), "kind"),
              "failure");
    EXPECT_EQ(records.at(hex(end_prefix), "kind"), "end");
}

TEST(typed_format, limits_are_the_pages) {
    format_table const limits = page.table("Limits");
    EXPECT_EQ(limits.number("message", "value"), session_limits{}.message_size_max);
    EXPECT_EQ(limits.number("failure", "value"), failure_size_max);
}

TEST(typed_format, the_example_is_what_is_written) {
    std::string written;
    auto const add = [&written](bytes_view bytes) {
        for (std::byte const each : bytes) {
            char text[3];
            std::snprintf(text, sizeof text, "%02x", std::to_integer<unsigned>(each));
            written += text;
        }
    };
    for (std::uint16_t const each : {std::uint16_t{1}, std::uint16_t{300}}) {
        auto const body = bitcode::encode(number{each}).to_vector();
        add(record_prefix(record_kind::message, body.size()));
        add(body);
    }
    add(record_prefix(record_kind::end, 0));
    EXPECT_EQ(written, page.hex_example("Example"));
}

}  // namespace
}  // namespace trunkline::typed
