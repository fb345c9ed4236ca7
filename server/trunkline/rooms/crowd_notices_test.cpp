#include <trunkline/rooms/crowd_notices.hpp>

#include <gtest/gtest.h>

namespace trunkline::rooms {
namespace {

TEST(crowd_notices, tell_everybody_everything_while_few_are_there) {
    crowd_notices notices(3);
    for (std::size_t members : {1U, 2U, 3U}) {
        auto const news = notices.changed(true, members);
        EXPECT_TRUE(news.to_everybody);
        EXPECT_FALSE(news.counts.has_value());
    }
}

TEST(crowd_notices, are_counts_while_many_are_there) {
    crowd_notices notices(3);
    EXPECT_EQ(notices.changed(true, 4).counts, (crowd_counts{4, 1, 0}));  // one in four is many
    crowd_notices large(100);
    for (std::size_t members = 801; members < 902; ++members) {
        auto const news = large.changed(true, members);
        EXPECT_FALSE(news.to_everybody);
        EXPECT_FALSE(news.counts.has_value()) << members;
    }
    for (std::size_t members = 901; members > 892; --members) {
        EXPECT_FALSE(large.changed(false, members).counts.has_value()) << members;
    }
}

TEST(crowd_notices, tell_the_counts_when_few_are_left) {
    crowd_notices notices(100);
    EXPECT_FALSE(notices.changed(true, 101).to_everybody);
    auto const news = notices.changed(false, 100);
    EXPECT_TRUE(news.to_everybody);
    EXPECT_EQ(news.counts, (crowd_counts{100, 1, 0}));
    EXPECT_FALSE(notices.changed(false, 99).counts.has_value());
}

TEST(crowd_notices, cost_a_few_deliveries_for_each_change) {
    crowd_notices notices(notice_members_max);
    std::size_t deliveries = 0;
    constexpr std::size_t many = 100'000;
    for (std::size_t members = notice_members_max + 1; members <= many; ++members) {
        auto const news = notices.changed(true, members);
        ASSERT_FALSE(news.to_everybody);
        deliveries += 1 + (news.counts ? members : 0);
    }
    EXPECT_LE(deliveries, many * (1 + count_notice_share));
    EXPECT_GE(deliveries, 2 * many);  // and the counts are told
}

}  // namespace
}  // namespace trunkline::rooms
