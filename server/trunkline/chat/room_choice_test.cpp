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

TEST(room_choice, has_an_offset_where_the_query_has_a_number) {
    struct {
        char const* target;
        std::optional<std::uint64_t> after;
    } const cases[] = {
        {"/", {}},
        {"/?after=0", 0},
        {"/?room=tea&after=17&after=3", 17},
        {"/x?after=18446744073709551615", UINT64_MAX},
        {"/?after=18446744073709551616", {}},
        {"/?after=", {}},
        {"/?after=-1", {}},
        {"/?after=+1", {}},
        {"/?after=1x", {}},
        {"/?thereafter=1", {}},
        {"/after=1", {}},
        {"", {}},
    };
    for (auto const& each : cases) {
        EXPECT_EQ(after_of(each.target), each.after) << each.target;
    }
}

}  // namespace
}  // namespace trunkline::chat
