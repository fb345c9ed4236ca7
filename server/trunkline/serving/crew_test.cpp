#include <trunkline/serving/crew.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace trunkline::server {
namespace {

/// Work that lasts until it is told to stop.
struct long_work {
    void operator()(std::size_t index) {
        std::unique_lock lock(mutex);
        began.push_back(index);
        by.push_back(std::this_thread::get_id());
        changed.notify_all();
        changed.wait(lock, [this] { return stops > 0; });
    }
    void stop() {
        std::lock_guard const lock(mutex);
        ++stops;
        changed.notify_all();
    }
    void await(std::size_t count) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return began.size() == count; });
    }
    result<void> run_by(crew& all, std::size_t count) {
        return all.run(count, [this](std::size_t index) { (*this)(index); }, [this] { stop(); });
    }

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::size_t> began;
    std::vector<std::thread::id> by;
    int stops = 0;
};

TEST(crew, works_on_a_thread_each_until_it_is_told_once_to_stop) {
    crew all;
    long_work work;
    std::thread other([&] {
        work.await(3);
        all.request_stop();
        all.request_stop();
    });
    EXPECT_TRUE(work.run_by(all, 3).has_value());
    other.join();
    all.request_stop();
    EXPECT_EQ(work.stops, 1);
    std::ranges::sort(work.began);
    EXPECT_EQ(work.began, (std::vector<std::size_t>{0, 1, 2}));
    EXPECT_EQ(std::ranges::count(work.by, std::this_thread::get_id()), 1);
    std::ranges::sort(work.by);
    EXPECT_EQ(std::ranges::unique(work.by).begin(), work.by.end());
}

TEST(crew, that_was_told_to_stop_before_it_runs_stops_at_once) {
    crew all;
    long_work work;
    all.request_stop();
    EXPECT_TRUE(work.run_by(all, 2).has_value());
    EXPECT_EQ(work.stops, 1);
    EXPECT_EQ(work.began.size(), 2U);
}

TEST(crew, of_one_works_on_the_thread_of_the_caller) {
    crew all;
    std::thread::id by;
    EXPECT_TRUE(all.run(1, [&](std::size_t) { by = std::this_thread::get_id(); }, [] {}));
    EXPECT_EQ(by, std::this_thread::get_id());
}

}  // namespace
}  // namespace trunkline::server
