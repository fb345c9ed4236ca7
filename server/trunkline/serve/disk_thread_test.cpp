// The thread that waits for the disk: what may wait for it, and how it ends.
#include <trunkline/serve/disk_thread.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/serve/testing.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::server {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using room = disk_thread::room;

struct disk_threads : ::testing::TestWithParam<store::durability> {
    scratch_folder folder;
    stalled_disk disk;
    counting_owner owner;
    std::unique_ptr<store::store> data =
        store::store::open(folder / "s.bin", {.level = GetParam(), .on = &disk}).value();

    /// Its first job is under way and stays there until disk.go_on().
    std::unique_ptr<disk_thread> stalled() {
        auto made = std::make_unique<disk_thread>(*data);
        disk.stall();
        EXPECT_EQ(made->push(job_of("first", "v"), owner, 0), room::enough);
        disk.wait_for_sync();
        return made;
    }
};
INSTANTIATE_TEST_SUITE_P(at, disk_threads,
                         ::testing::Values(store::durability::sync, store::durability::group));

TEST_P(disk_threads, take_so_much_and_refuse_the_rest_without_waiting) {
    auto writer = stalled();
    std::string const payload(1 * mib, 'x');
    std::size_t size = disk_job::cost_of(as_bytes("first"));
    std::uint64_t taken = 1;
    room left = room::enough;
    for (int pushes = 0; left != room::none; ++pushes) {
        ASSERT_LT(pushes, 300) << "there is a limit";
        auto job = job_of("k", payload);
        auto const cost = job->cost();
        left = writer->push(std::move(job), owner, taken);
        if (left != room::none) {
            size += cost;
            ++taken;
            EXPECT_EQ(left == room::little, size > writes_waiting_size_mark) << size;
        }
    }
    EXPECT_LE(size, writes_waiting_size_max);
    EXPECT_GT(size + 2 * mib, writes_waiting_size_max);
    // What is under way counts, and what is done does not.
    disk.go_on();
    owner.wait_for(taken);
    EXPECT_EQ(writer->push(job_of("k", payload), owner, 0), room::enough);
    EXPECT_EQ(writer->finish(disk_thread::clock::now() + 1h), 0u);
}

// Tiny jobs and deletions cost memory, too: a million of them do not wait.
TEST_P(disk_threads, count_more_than_bytes) {
    auto writer = stalled();
    std::size_t taken = 0;
    while (taken < 1'000'000 &&
           writer->push(taken % 2 == 0 ? disk_job::make(bytes_view()) : job_of("", "v"), owner,
                        0) != room::none) {
        ++taken;
    }
    EXPECT_LE(taken, writes_waiting_size_max / 512);
    disk.go_on();
}

TEST(disk_job, costs_what_it_takes) {
    std::vector<store::key_value> const entries(80'000, {{}, as_bytes("v")});
    EXPECT_GT(disk_job::cost_of(entries), 80'000 * (sizeof(store::key_value) + 1));
    EXPECT_EQ(disk_job::make(entries)->cost(), disk_job::cost_of(entries));
    EXPECT_GE(disk_job::cost_of(bytes_view()), 512u);
}

TEST_P(disk_threads, finish_what_waits) {
    auto writer = stalled();
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(writer->push(job_of("k" + std::to_string(i), "v"), owner, 0), room::enough);
    }
    disk.go_on();
    EXPECT_EQ(writer->finish(disk_thread::clock::now() + 1h), 0u);
    writer.reset();
    EXPECT_EQ(owner.told, 1001u);
    EXPECT_EQ(data->size(), 1001u);
}

TEST_P(disk_threads, drop_what_has_not_begun_at_the_deadline) {
    auto writer = stalled();
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(writer->push(job_of("k" + std::to_string(i), "v"), owner, 0), room::enough);
    }
    EXPECT_EQ(writer->finish(disk_thread::clock::now()), 1000u);
    disk.go_on();
    writer.reset();
    EXPECT_EQ(owner.told, 1u);
    EXPECT_EQ(data->size(), 1u);
}

}  // namespace
}  // namespace trunkline::server
