#include <trunkline/chat/room_choice.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::chat {
namespace {

TEST(room_choice, is_the_first_room_of_the_query) {
    struct {
        std::string target;
        std::string room;
    } const cases[] = {
        {"/", "general"},
        {"/?room=tea", "tea"},
        {"/any/path?a=b&room=tea&room=coffee", "tea"},
        {"/?room=tea%20time", "tea time"},
        {"/?room=tea+time", "tea time"},
        {"/?room=a%2Bb%26c%3d", "a+b&c="},
        {"/?room=%E8%8C%B6", "\xe8\x8c\xb6"},
        {"/?room=general", "general"},
        {"/?bedroom=tea", "general"},
        {"/room=tea", "general"},
        {"/?room", "general"},
        {"/?room=", "general"},
        {"/?room=%", "general"},
        {"/?room=%2", "general"},
        {"/?room=%2g", "general"},
        {"/?room=%+1", "general"},
        {"/?room=%ff", "general"},
        {"/?room=" + std::string(64, 'r'), std::string(64, 'r')},
        {"/?room=" + std::string(65, 'r'), "general"},
        {"", "general"},
    };
    for (auto const& each : cases) {
        EXPECT_EQ(room_of(each.target), each.room) << each.target;
    }
}

}  // namespace
}  // namespace trunkline::chat
