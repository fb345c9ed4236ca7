#include <trunkline/chat_client/conversation.hpp>

#include <trunkline/chat_wire/testing.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trunkline::chat_client {
namespace {

using chat_wire::message_type;
using chat_wire::testing::encoded;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using websocket::message_kind;

// Writes down what is asked of it; sent messages as words.
struct noted_world final : outside {
    void send(message_kind kind, bytes_view message) override {
        if (kind == message_kind::text) {
            done.push_back("text " + std::string(as_text(message)));
            return;
        }
        auto const read = chat_wire::decode_binary(message, chat_wire::binary_layout::published);
        ASSERT_TRUE(read.has_value());
        ASSERT_EQ(read->size, message.size());
        auto const& told = read->message;
        EXPECT_EQ(told.user, 0U);
        EXPECT_EQ(told.username, "");
        done.push_back("binary " + std::to_string(told.id) + " type " +
                       std::to_string(static_cast<int>(told.type)) + " in " +
                       std::string(told.room) + ": " + std::string(as_text(told.payload)));
    }
    void show(heard const& what, std::string_view here) override {
        done.push_back("shown in " + std::string(here) + ": " + what.text);
    }
    void hint(std::string_view words) override { done.push_back("hint " + std::string(words)); }
    void move_to(std::string_view room) override { done.push_back("to " + std::string(room)); }
    void quit() override { done.emplace_back("quit"); }

    std::vector<std::string> take() { return std::exchange(done, {}); }
    std::vector<std::string> done;
};

struct talk : ::testing::Test {
    void welcome_in_binary() {
        with.connected();
        with.hear(message_kind::binary, encoded({.id = 1,
                                                 .type = message_type::system,
                                                 .username = {},
                                                 .payload = as_bytes("Welcome")}));
        EXPECT_THAT(at.take(), ElementsAre("shown in general: Welcome"));
    }
    void welcome_in_json() {
        with.connected();
        with.hear(message_kind::text, as_bytes(R"({"username":"System","content":"Welcome",)"
                                               R"("timestamp":"","message_type":"system"})"));
        EXPECT_THAT(at.take(), ElementsAre("shown in general: Welcome"));
    }

    noted_world at;
    conversation with{at, std::nullopt, "general"};
};

TEST_F(talk, does_not_speak_before_it_knows_the_protocol) {
    EXPECT_FALSE(with.can_speak());
    welcome_in_binary();
    EXPECT_TRUE(with.can_speak());
    with.connected();
    EXPECT_FALSE(with.can_speak());
    conversation told(at, dialect::json, "general");
    EXPECT_TRUE(told.can_speak());
}

TEST_F(talk, speaks_binary) {
    welcome_in_binary();
    for (std::string_view const line : {"hello", "", "/name Ann", "/ping", "/quit"}) {
        with.type(line);
    }
    EXPECT_THAT(at.take(), ElementsAre("binary 1 type 0 in general: hello", "text /name Ann",
                                       "binary 2 type 4 in general: ", "quit"));
}

TEST_F(talk, speaks_json) {
    welcome_in_json();
    for (std::string_view const line : {"hello", "", "/name Ann", "/ping", "/quit"}) {
        with.type(line);
    }
    EXPECT_THAT(at.take(), ElementsAre("text hello", "text /name Ann",
                                       "hint the JSON protocol has no ping", "quit"));
}

TEST_F(talk, goes_from_room_to_room_in_binary) {
    welcome_in_binary();
    for (std::string_view const line :
         {"/room tea", "one", "/room tea", "/room coffee", "two", "/room general", "three"}) {
        with.type(line);
    }
    EXPECT_THAT(at.take(),
                ElementsAre("binary 1 type 1 in tea: ", "binary 2 type 0 in tea: one",
                            "binary 3 type 2 in tea: ", "binary 4 type 1 in coffee: ",
                            "binary 5 type 0 in coffee: two",
                            "binary 6 type 2 in coffee: ", "binary 7 type 0 in general: three"));
}

TEST_F(talk, goes_to_a_room_by_a_new_connection_in_json_and_keeps_its_name) {
    welcome_in_json();
    with.type("/name Ann");
    with.type("/room tea");
    EXPECT_EQ(with.room(), "tea");
    with.connected();
    EXPECT_THAT(at.take(), ElementsAre("text /name Ann", "to tea"));
    with.hear(message_kind::text, as_bytes("Welcome"));
    EXPECT_THAT(at.take(), ElementsAre("text /name Ann", "shown in tea: Welcome"));
}

TEST_F(talk, refuses_names_of_rooms_that_are_too_long) {
    welcome_in_binary();
    with.type("/room " + std::string(65, 'x'));
    EXPECT_THAT(at.take(), ElementsAre("hint the name of a room has at most 64 bytes"));
    EXPECT_EQ(with.room(), "general");
    with.type("/room " + std::string(64, 'x'));
    EXPECT_EQ(with.room(), std::string(64, 'x'));
}

TEST_F(talk, an_empty_name_is_not_said_again) {
    welcome_in_json();
    with.connected();
    EXPECT_THAT(at.take(), IsEmpty());
}

}  // namespace
}  // namespace trunkline::chat_client
