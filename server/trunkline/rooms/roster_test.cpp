#include <trunkline/rooms/roster.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <map>

namespace trunkline::rooms {
namespace {

std::vector<std::uint64_t> seats_of(std::vector<present_member> const& page) {
    std::vector<std::uint64_t> seats;
    for (present_member const& each : page) {
        seats.push_back(each.seat);
    }
    return seats;
}

TEST(roster, gives_pages_in_the_order_of_coming) {
    roster all;
    for (std::uint64_t number = 10; number < 15; ++number) {
        EXPECT_EQ(all.enter(number, number == 12 ? "Ann" : ""), number - 9);
    }
    all.leave(2);
    EXPECT_EQ(all.size(), 4U);
    auto const page = all.page(0, 2);
    ASSERT_EQ(seats_of(page), (std::vector<std::uint64_t>{1, 3}));
    EXPECT_EQ(page[1].number, 12U);
    EXPECT_EQ(page[1].name, "Ann");
    EXPECT_EQ(page[0].name, "");
    EXPECT_EQ(seats_of(all.page(3, 2)), (std::vector<std::uint64_t>{4, 5}));
    EXPECT_TRUE(all.page(5, 2).empty());
}

// Whoever left between two pages: nobody who stays is given twice or not at all.
TEST(roster, goes_on_behind_a_seat_that_was_left) {
    roster all;
    for (std::uint64_t number = 0; number < 8; ++number) {
        all.enter(number, {});
    }
    for (std::uint64_t const seat : {1, 2, 3, 4, 5}) {
        all.leave(seat);
    }
    EXPECT_EQ(seats_of(all.page(4, 9)), (std::vector<std::uint64_t>{6, 7, 8}));
}

RC_GTEST_PROP(roster, does_what_a_map_does, ()) {
    roster all;
    std::map<std::uint64_t, std::string> model;  // by seat
    for (auto const step : *rc::gen::container<std::vector<unsigned>>(rc::gen::inRange(0U, 400U))) {
        auto const at =
            model.empty() ? model.end()
                          : std::next(model.begin(), static_cast<std::ptrdiff_t>(step) %
                                                         static_cast<std::ptrdiff_t>(model.size()));
        std::string const name = step % 3 == 0 ? "" : std::to_string(step);
        if (step < 200 || model.empty()) {
            std::uint64_t const next = all.next_seat();
            RC_ASSERT(all.enter(step, name) == next);
            model.emplace(next, name);
        } else if (step < 350) {
            all.leave(at->first);
            model.erase(at);
        } else {
            all.rename(at->first, name);
            at->second = name;
        }
    }
    RC_ASSERT(all.size() == model.size());
    std::uint64_t cursor = 0;
    for (auto page = all.page(0, 3); !page.empty(); page = all.page(cursor, 3)) {
        for (present_member const& each : page) {
            RC_ASSERT(model.begin()->first == each.seat);
            RC_ASSERT(model.begin()->second == each.name);
            model.erase(model.begin());
            cursor = each.seat;
        }
    }
    RC_ASSERT(model.empty());
}

}  // namespace
}  // namespace trunkline::rooms
