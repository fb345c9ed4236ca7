#include <trunkline/base/message_pages.hpp>

#include <trunkline/base/growing_buffer.hpp>
#include <trunkline/base/limits.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace trunkline {
namespace {

constexpr std::size_t page = 4 * kib;

// Other tests of this program have left spare pages: all of them are taken first.
class message_pages : public ::testing::Test {
protected:
    message_pages() {
        while (spare_pages() > 0) {
            page_run const run = take_pages(page);
            use_spare_pages(run.size - page);
            taken_.push_back(run);
        }
    }
    ~message_pages() override {
        for (page_run const& each : taken_) {
            give_pages(each, 0);
        }
    }

private:
    std::vector<page_run> taken_;
};

TEST_F(message_pages, that_a_message_let_go_of_serve_the_next_one) {
    page_run const first = take_pages(64 * page);
    ASSERT_NE(first.at, nullptr);
    EXPECT_EQ(first.size, 64 * page);
    EXPECT_EQ(spare_pages(), 0u);
    give_pages(first, 0);
    EXPECT_EQ(spare_pages(), 64 * page);
    page_run const second = take_pages(64 * page);
    EXPECT_EQ(second.at, first.at);
    EXPECT_EQ(spare_pages(), 0u);
    give_pages(second, 0);
}

TEST_F(message_pages, beyond_what_was_asked_for_stay_spare_until_they_are_used) {
    give_pages(take_pages(64 * page), 0);
    page_run const run = take_pages(16 * page);
    EXPECT_EQ(run.size, 64 * page);
    EXPECT_EQ(spare_pages(), 48 * page);
    use_spare_pages(40 * page);
    EXPECT_EQ(spare_pages(), 8 * page);
    give_pages(run, 8 * page);
    EXPECT_EQ(spare_pages(), 64 * page);
}

TEST_F(message_pages, come_from_the_shortest_run_that_is_long_enough) {
    page_run const longer = take_pages(64 * page);
    page_run const shorter = take_pages(32 * page);
    give_pages(longer, 0);
    give_pages(shorter, 0);
    page_run const fits = take_pages(16 * page);
    EXPECT_EQ(fits.at, shorter.at);
    page_run const next = take_pages(33 * page);
    EXPECT_EQ(next.at, longer.at);
    give_pages(fits, 16 * page);
    give_pages(next, 31 * page);
}

TEST_F(message_pages, are_kept_up_to_their_limit) {
    std::vector<page_run> runs;
    for (int i = 0; i < 100; ++i) {
        runs.push_back(take_pages(mib));
    }
    for (page_run const& each : runs) {
        give_pages(each, 0);
        EXPECT_LE(spare_pages(), spare_pages_size_max);
    }
    EXPECT_EQ(spare_pages(), spare_pages_size_max);
    std::vector<page_run> begun;  // messages that have used little of what they were given
    for (int i = 0; i < 16; ++i) {
        begun.push_back(take_pages(page));
    }
    EXPECT_EQ(spare_pages(), spare_pages_size_max - 16 * page);
    give_pages(take_pages(mib), 0);
    EXPECT_LE(spare_pages(), spare_pages_size_max);
    for (page_run const& each : begun) {
        give_pages(each, mib - page);
    }
    EXPECT_LE(spare_pages(), spare_pages_size_max);
}

TEST_F(message_pages, keep_their_bytes_when_they_are_extended) {
    page_run run = take_pages(2 * page);
    run.at[0] = std::byte{1};
    run.at[2 * page - 1] = std::byte{2};
    run = extend_pages(run, 300 * page);
    ASSERT_NE(run.at, nullptr);
    EXPECT_EQ(run.at[0], std::byte{1});
    EXPECT_EQ(run.at[2 * page - 1], std::byte{2});
    run.at[300 * page - 1] = std::byte{3};
    give_pages(run, 0);
}

TEST_F(message_pages, may_be_given_by_another_thread) {
    page_run const run = take_pages(64 * page);
    std::thread([run] { give_pages(run, 0); }).join();
    EXPECT_EQ(spare_pages(), 64 * page);
    page_run const next = take_pages(64 * page);
    EXPECT_EQ(next.at, run.at);
    give_pages(next, 0);
}

TEST_F(message_pages, of_a_long_message_do_not_count_for_a_short_one) {
    std::vector<std::byte> const bytes(mib, std::byte{7});
    {
        growing_buffer large;
        ASSERT_TRUE(large.append(bytes));
    }
    EXPECT_EQ(spare_pages(), mib);
    growing_buffer small;
    ASSERT_TRUE(small.append(bytes_view(bytes).first(200 * kib)));
    EXPECT_EQ(small.memory_taken(), 256 * kib);
    EXPECT_EQ(spare_pages(), mib - 256 * kib);
    ASSERT_TRUE(small.append(bytes_view(bytes).first(200 * kib)));
    EXPECT_EQ(small.memory_taken(), 512 * kib);
    EXPECT_EQ(spare_pages(), mib - 512 * kib);
    ASSERT_TRUE(small.append(bytes));
    EXPECT_EQ(spare_pages(), 0u);
    EXPECT_EQ(small.size(), mib + 400 * kib);
    EXPECT_EQ(small.memory_taken(), mib + 512 * kib);
    for (std::byte const each : small.view()) {
        ASSERT_EQ(each, std::byte{7});
    }
}

}  // namespace
}  // namespace trunkline
