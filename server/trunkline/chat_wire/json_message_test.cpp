#include <trunkline/chat_wire/json_message.hpp>

#include <trunkline/chat_wire/error.hpp>
#include <trunkline/chat_wire/testing.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::chat_wire {
namespace {

using namespace testing;
using namespace std::string_view_literals;

std::string text_of(std::array<char, 8> const& time) {
    return {time.data(), time.size()};
}

TEST(json_message, is_what_the_published_server_sends) {
    EXPECT_EQ(encoded(json_message{.username = "User_40024",
                                   .content = "hello",
                                   .time_of_day = "04:26:12",
                                   .type = message_type::chat}),
              R"({"username":"User_40024","content":"hello","timestamp":"04:26:12",)"
              R"("message_type":"chat"})");
}

TEST(json_message, escapes_what_it_must_and_nothing_else) {
    struct {
        std::string_view text;
        std::string_view escaped;
    } const cases[] = {
        {"\"\\", R"(\"\\)"},
        {"\b\t\n\f\r", R"(\b\t\n\f\r)"},
        {"\0\x01\x1f"sv, R"(\u0000\u0001\u001f)"},
        {"/ <&> \x7f \xe2\x80\xa8 \xf0\x9f\xa6\x80", "/ <&> \x7f \xe2\x80\xa8 \xf0\x9f\xa6\x80"},
        {"", ""},
    };
    for (auto const& each : cases) {
        std::string const text = encoded(json_message{
            .username = each.text, .content = each.text, .time_of_day = "", .type = {}});
        EXPECT_EQ(text, R"({"username":")" + std::string(each.escaped) + R"(","content":")" +
                            std::string(each.escaped) +
                            R"(","timestamp":"","message_type":"chat"})");
    }
}

TEST(json_message, comes_back_with_each_type) {
    for (auto const type :
         {message_type::chat, message_type::join, message_type::leave, message_type::system}) {
        std::string const text = encoded(json_message{
            .username = "A\n\"", .content = "\xc3\xa9\x01", .time_of_day = "1:2", .type = type});
        auto const decoded = decode_json(text);
        ASSERT_TRUE(decoded.has_value()) << text;
        EXPECT_EQ(decoded->username, "A\n\"");
        EXPECT_EQ(decoded->content, "\xc3\xa9\x01");
        EXPECT_EQ(decoded->time_of_day, "1:2");
        EXPECT_EQ(decoded->type, type);
        for (std::size_t size = 0; size < text.size(); ++size) {
            EXPECT_EQ(decode_json(std::string_view(text).substr(0, size)).error(),
                      chat_error::not_an_object);
        }
    }
}

TEST(json_message, has_a_place_for_a_number_where_one_is_wanted) {
    std::string text = encoded(json_message{
        .username = "Ann", .content = "hi", .time_of_day = "00:00:00", .has_number = true});
    EXPECT_EQ(decode_json(text)->number, 0U);
    std::size_t const at = json_number_offset(text.size());
    EXPECT_EQ(text.substr(at), std::string(json_number_digits - 1, ' ') + "0}");
    text.replace(at + json_number_digits - 2, 2, "17");
    EXPECT_EQ(decode_json(text)->number, 17U);
    EXPECT_EQ(decode_json(text)->content, "hi");
}

TEST(json_message, takes_keys_in_any_order_and_more_of_them) {
    auto const decoded = decode_json(
        R"( {"message_type":"join", "more":[1], "content":"c","timestamp":"t", "username":"u"})");
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->content, "c");
    EXPECT_EQ(decoded->type, message_type::join);
}

TEST(json_message, is_an_object_of_four_texts) {
    for (char const* const wrong :
         {"", "hello", "[]", "\"text\"", "{}", "null",
          R"({"username":"u","content":"c","timestamp":"t"})",
          R"({"username":1,"content":"c","timestamp":"t","message_type":"chat"})",
          R"({"username":"u","content":null,"timestamp":"t","message_type":"chat"})",
          R"({"username":"u","content":"c","timestamp":"t","message_type":"Chat"})",
          R"({"username":"u","content":"c","timestamp":"t","message_type":"ping"})",
          R"({"username":"u","content":"c","timestamp":"t","message_type":"chat"}x)"}) {
        EXPECT_EQ(decode_json(wrong).error(), chat_error::not_an_object) << wrong;
    }
    std::string const deep(10'000, '[');
    EXPECT_EQ(decode_json(deep).error(), chat_error::not_an_object);
}

TEST(time_of_day, has_two_digits_each) {
    using std::chrono::seconds;
    EXPECT_EQ(text_of(time_of_day(seconds(0))), "00:00:00");
    EXPECT_EQ(text_of(time_of_day(seconds(3'600 + 2 * 60 + 3))), "01:02:03");
    EXPECT_EQ(text_of(time_of_day(seconds(86'399))), "23:59:59");
}

}  // namespace
}  // namespace trunkline::chat_wire
