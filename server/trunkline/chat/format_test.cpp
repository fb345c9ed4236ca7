// Holds FORMAT.md to the code.
#include <trunkline/chat/options.hpp>

#include <trunkline/base/format_page.hpp>
#include <trunkline/transport/socket_acceptor.hpp>

#include <gtest/gtest.h>

namespace trunkline::chat {
namespace {

format_page const page(TRUNKLINE_SOURCE_DIR "/server/trunkline/chat/FORMAT.md");

TEST(chat_server_page, limits_are_the_codes) {
    format_table const limits = page.table("Limits");
    chat_options const options;
    struct {
        char const* name;
        std::uint64_t value;
    } const known[] = {
        {"name of a room, in bytes", room_name_size_max},
        {"rooms joined beside the first", rooms_joined_max},
        {"members up to which all get notices and pongs", options.room.notice_members_max},
        {"deliveries of counts for one change above that, at most", rooms::count_notice_share},
        {"messages that wait for one member", options.room.queue.messages_max},
        {"bytes that wait for one member", options.room.queue.size_max},
        {"messages kept of a room, with a history", options.history_of_room.messages_max},
        {"bytes kept of a room, with a history", options.history_of_room.size_max},
        {"rooms of which something is kept, with a history", options.history_rooms},
        {"one frame", options.frame_size_max},
        {"one message", options.message_size_max},
        {"seconds without a byte of a peer, then a ping",
         static_cast<std::uint64_t>(options.times.ping_after.count()) / 1000},
        {"seconds without a byte of a peer, then the end",
         static_cast<std::uint64_t>(options.times.idle_timeout.count()) / 1000},
    };
    ASSERT_EQ(limits.rows.size(), std::size(known) + 1);
    for (auto const& each : known) {
        EXPECT_EQ(limits.number(each.name, "value"), each.value) << each.name;
    }
    EXPECT_NE(page.text().find("| 4,096 |\n"), std::string::npos);
    EXPECT_EQ(transport::accept_backlog, 4096);
    EXPECT_EQ(options.times.handshake_timeout, std::chrono::seconds(10));
}

}  // namespace
}  // namespace trunkline::chat
