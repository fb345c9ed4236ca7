// Holds FORMAT.md to the code.
#include <trunkline/chat_wire/binary_message.hpp>
#include <trunkline/chat_wire/json_message.hpp>
#include <trunkline/chat_wire/wording.hpp>

#include <trunkline/base/format_page.hpp>
#include <trunkline/chat_wire/testing.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::chat_wire {
namespace {

using namespace testing;

format_page const page(TRUNKLINE_SOURCE_DIR "/server/trunkline/chat_wire/FORMAT.md");

TEST(chat_format, types_have_the_pages_numbers) {
    format_table const types = page.table("Types");
    struct {
        char const* name;
        message_type type;
    } const known[] = {{"chat", message_type::chat},   {"join", message_type::join},
                       {"leave", message_type::leave}, {"system", message_type::system},
                       {"ping", message_type::ping},   {"pong", message_type::pong},
                       {"ack", message_type::ack}};
    ASSERT_EQ(types.rows.size(), std::size(known) + 1);
    ASSERT_EQ(std::size(known), message_types);
    for (auto const& each : known) {
        EXPECT_EQ(types.number(each.name, "number"), static_cast<std::size_t>(each.type));
    }
}

TEST(chat_format, example_and_sizes_are_the_codes) {
    auto const bytes = from_hex(page.hex_example("Binary"));
    auto const decoded = decode_binary(bytes, binary_layout::published);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->size, bytes.size());
    EXPECT_EQ(as_text(decoded->message.payload), "hello");
    EXPECT_EQ(encoded(decoded->message), bytes);
    EXPECT_NE(page.text().find("takes " + std::to_string(binary_size({}, 0)) + " bytes"),
              std::string::npos);
    EXPECT_NE(page.text().find(encoded(json_message{.username = "Ann",
                                                    .content = "hello",
                                                    .time_of_day = "04:26:12",
                                                    .type = message_type::chat})),
              std::string::npos);
    std::string numbered = encoded(json_message{.username = "Ann",
                                                .content = "hello",
                                                .time_of_day = "04:26:12",
                                                .type = message_type::chat,
                                                .has_number = true});
    numbered[json_number_offset(numbered.size()) + json_number_digits - 1] = '5';
    EXPECT_NE(page.text().find(numbered), std::string::npos);
}

TEST(chat_format, wording_is_the_codes) {
    format_table const texts = page.table("Wording");
    ASSERT_EQ(texts.rows.size(), 5U);
    for (wording const of : {wording::plain, wording::fast}) {
        char const* const column = of == wording::plain ? "plain" : "fast";
        std::string welcome = welcome_text(of, "NAME", 7);
        if (of == wording::fast) {
            ASSERT_TRUE(welcome.ends_with('7'));
            welcome.back() = 'N';
        }
        EXPECT_EQ(texts.at("welcome", column), welcome);
        EXPECT_EQ(texts.at("join", column), joined_text(of, "NAME"));
        EXPECT_EQ(texts.at("leave", column), left_text(of, "NAME"));
        EXPECT_EQ(texts.at("rename", column), renamed_text(of, "NAME", "NEW"));
        EXPECT_NE(page.text().find("| `" + counts_text(of, 5, 3, 2) + "` |"), std::string::npos);
        EXPECT_NE(page.text().find("| `" + missed_text(of, 7) + "` |"), std::string::npos);
        EXPECT_NE(page.text().find("| `" + missed_text(of, 0) + "` |"), std::string::npos);
        EXPECT_NE(page.text().find('`' + default_name(of, 7).substr(0, 5) + '`'),
                  std::string::npos);
    }
}

}  // namespace
}  // namespace trunkline::chat_wire
