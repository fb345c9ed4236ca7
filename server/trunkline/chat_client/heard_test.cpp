#include <trunkline/chat_client/heard.hpp>

#include <trunkline/chat_wire/testing.hpp>

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace trunkline::chat_client {
namespace {

using chat_wire::message_type;
using chat_wire::testing::encoded;
using websocket::message_kind;

// As of the second exchange in chat-service.md.
constexpr std::int64_t some_time_ms = 1'795'235'318'261;

std::string time_here() {
    std::time_t const seconds = some_time_ms / 1000;
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    char text[9];
    std::strftime(text, sizeof text, "%H:%M:%S", &parts);
    return text;
}

heard binary(message_type type, std::string_view name, std::string_view text,
             std::string_view room = "general") {
    return understand(message_kind::binary, encoded({.id = 5,
                                                     .type = type,
                                                     .user = 1,
                                                     .username = name,
                                                     .payload = as_bytes(text),
                                                     .time_ms = some_time_ms,
                                                     .room = room}));
}

heard json(std::string_view text) {
    return understand(message_kind::text, as_bytes(text));
}

constexpr std::string_view ann_says =
    R"({"username":"Ann","content":"hello","timestamp":"04:26:12","message_type":"chat"})";

TEST(heard, binary_messages_are_shown) {
    EXPECT_EQ(shown(binary(message_type::chat, "Ann", "hello"), "general"),
              time_here() + " Ann: hello");
    EXPECT_EQ(shown(binary(message_type::join, "System", "Ann joined"), "general"),
              time_here() + " * Ann joined");
    EXPECT_EQ(shown(binary(message_type::system, "System", "Ann is now Bea"), "general"),
              time_here() + " * Ann is now Bea");
    EXPECT_EQ(shown(binary(message_type::pong, "", ""), "general"), time_here() + " * pong");
    EXPECT_EQ(shown(binary(message_type::chat, "Ann", "hello", "tea"), "general"),
              "[tea] " + time_here() + " Ann: hello");
}

TEST(heard, json_messages_are_shown) {
    EXPECT_EQ(shown(json(ann_says), "tea"), "04:26:12 Ann: hello");
    EXPECT_EQ(shown(json(R"({"username":"System","content":"Ann has joined the chat!",)"
                         R"("timestamp":"04:26:12","message_type":"join"})"),
                    ""),
              "04:26:12 * Ann has joined the chat!");
}

TEST(heard, what_is_no_message_is_shown_as_it_came) {
    EXPECT_EQ(shown(json("just words"), ""), "just words");
    EXPECT_EQ(shown(understand(message_kind::binary, as_bytes("\x01\x02")), ""),
              "\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(as_json(json("just \"words\"")), R"({"raw":"just \"words\""})");
}

TEST(heard, nobody_writes_to_the_terminal_of_others) {
    auto const bell = binary(message_type::chat, "A\x1b[2J", "x\a\r\ny\tz\x7f\xc2\x9b\xc2\xa0");
    constexpr std::string_view no = "\xef\xbf\xbd";
    EXPECT_EQ(shown(bell, "general"), time_here() + " A" + std::string(no) + "[2J: x" +
                                          std::string(no) + std::string(no) + std::string(no) +
                                          "y\tz" + std::string(no) + std::string(no) + "\xc2\xa0");
}

TEST(heard, is_json_with_what_is_told) {
    EXPECT_EQ(boost::json::parse(as_json(json(ann_says))),
              boost::json::parse(R"({"type":"chat","name":"Ann","text":"hello",)"
                                 R"("time":"04:26:12"})"));
    EXPECT_EQ(boost::json::parse(as_json(binary(message_type::join, "System", "Ann joined"))),
              boost::json::parse(R"({"type":"join","name":"System","text":"Ann joined","time":")" +
                                 time_here() + R"(","number":5,"user":1,"room":"general"})"));
}

TEST(heard, text_that_is_not_utf8_is_repaired) {
    EXPECT_EQ(binary(message_type::chat, "Ann", "\xff").text, "\xef\xbf\xbd");
}

}  // namespace
}  // namespace trunkline::chat_client
