// Holds FORMAT.md to the code.
#include <trunkline/room_history/limits.hpp>

#include <trunkline/base/format_page.hpp>
#include <trunkline/room_history/kept_value.hpp>
#include <trunkline/rooms/limits.hpp>

#include <gtest/gtest.h>

namespace trunkline::room_history {
namespace {

format_page const page(TRUNKLINE_SOURCE_DIR "/server/trunkline/room_history/FORMAT.md");

TEST(room_history_page, limits_are_the_codes) {
    format_table const limits = page.table("Limits");
    struct {
        char const* name;
        std::uint64_t value;
    } const known[] = {
        {"messages of a room", history_limits{}.messages_max},
        {"bytes of a room", history_limits{}.size_max},
        {"rooms", history_rooms_max},
        {"bytes of the name of a room", room_name_size_max},
        {"waste of a file", history_waste_max},
        {"bytes read at once for one member, beside one message", rooms::history_page_size_max},
        {"numbers reserved at once", rooms::numbers_per_reservation},
    };
    ASSERT_EQ(limits.rows.size(), std::size(known) + 1);
    for (auto const& each : known) {
        EXPECT_EQ(limits.number(each.name, "value"), each.value) << each.name;
    }
}

TEST(room_history_page, fields_fill_the_head_of_a_value) {
    format_table const fields = page.table("Values");
    ASSERT_EQ(fields.rows.size(), 5U);
    std::vector<std::byte> state;
    encode(file_state{}, state);
    std::size_t size = 0;
    for (std::size_t row = 1; row < fields.rows.size(); ++row) {
        size += fields.number(fields.rows[row][0], "bytes");
    }
    EXPECT_EQ(size, state.size());
}

}  // namespace
}  // namespace trunkline::room_history
