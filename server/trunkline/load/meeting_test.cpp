#include <trunkline/load/meeting.hpp>

#include <trunkline/transport/simulated_runtime.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <vector>

namespace trunkline::load {
namespace {

using namespace std::chrono_literals;

TEST(share, divides_everything_among_all) {
    for (std::size_t const of : {1U, 2U, 3U, 7U}) {
        for (std::size_t const total : {1U, 6U, 7U, 8U, 1000U}) {
            std::vector<bool> is_taken(total);
            for (std::size_t index = 0; index < of; ++index) {
                share const part{index, of};
                EXPECT_LE(part.size(total), total / of + 1);
                for (std::size_t own = 0; own < part.size(total); ++own) {
                    EXPECT_FALSE(is_taken.at(part.number(own)));
                    is_taken[part.number(own)] = true;
                }
            }
            EXPECT_EQ(std::ranges::count(is_taken, true), std::ssize(is_taken));
        }
    }
}

struct meetings : ::testing::Test {
    meeting::heard noting(std::size_t party) {
        return [this, party](agreement const& all) {
            went_on.push_back(party);
            last = all;
        };
    }

    transport::simulated_runtime loop;
    std::vector<std::size_t> went_on;
    agreement last;
};

TEST_F(meetings, of_one_go_on_at_once) {
    meeting alone(1);
    loop.run_for(3s);
    alone.come(0, loop, 7, noting(0));
    EXPECT_EQ(went_on, (std::vector<std::size_t>{0}));
    EXPECT_EQ(last.said, (std::vector<std::size_t>{7}));
    EXPECT_EQ(last.at, loop.now());
}

TEST_F(meetings, wait_for_everybody_at_each_point) {
    meeting all(3);
    for (std::size_t const round : {0U, 10U}) {
        went_on.clear();
        all.come(2, loop, round + 2, noting(2));
        all.come(0, loop, round, noting(0));
        loop.run_for(1s);
        EXPECT_TRUE(went_on.empty());
        all.come(1, loop, round + 1, noting(1));
        auto const came = loop.now();
        EXPECT_TRUE(went_on.empty()) << "not from inside";
        loop.run_for(1s);
        EXPECT_EQ(went_on, (std::vector<std::size_t>{0, 1, 2}));
        EXPECT_EQ(last.said, (std::vector<std::size_t>{round, round + 1, round + 2}));
        EXPECT_EQ(last.at, came);
    }
}

TEST_F(meetings, do_not_wait_for_who_has_left) {
    meeting all(3);
    all.leave(1);
    all.come(0, loop, 5, noting(0));
    loop.run_for(1s);
    EXPECT_TRUE(went_on.empty());
    all.leave(2);
    loop.run_for(1s);
    EXPECT_EQ(went_on, (std::vector<std::size_t>{0}));
    EXPECT_EQ(last.said, (std::vector<std::size_t>{5, 0, 0}));
    all.come(0, loop, 6, noting(0));
    loop.run_for(1s);
    EXPECT_EQ(went_on.size(), 2U);
}

}  // namespace
}  // namespace trunkline::load
