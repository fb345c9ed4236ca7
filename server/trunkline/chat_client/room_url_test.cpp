#include <trunkline/chat_client/room_url.hpp>

#include <gtest/gtest.h>

namespace trunkline::chat_client {
namespace {

TEST(room_url, names_a_room_or_general) {
    EXPECT_EQ(room_of("ws://host:8080"), "general");
    EXPECT_EQ(room_of("ws://host:8080/x?a=b"), "general");
    EXPECT_EQ(room_of("ws://host:8080/?room="), "general");
    EXPECT_EQ(room_of("no URL"), "general");
    EXPECT_EQ(room_of("ws://host:8080/?a=b&room=tea%20time"), "tea time");
}

TEST(room_url, takes_another_room_and_keeps_the_rest) {
    EXPECT_EQ(with_room("ws://host:8080", "tea"), "ws://host:8080?room=tea");
    EXPECT_EQ(with_room("ws://host:8080/x?a=b&room=tea", "a&b"), "ws://host:8080/x?a=b&room=a%26b");
    for (std::string_view const room : {"tea time", "\xc3\xa4=?#", "100%"}) {
        EXPECT_EQ(room_of(with_room("wss://host/?room=x", room)), room);
    }
}

}  // namespace
}  // namespace trunkline::chat_client
