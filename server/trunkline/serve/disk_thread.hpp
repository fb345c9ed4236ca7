// The thread that waits for the disk, so that no thread with connections has to.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/store/store.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace trunkline::server {

/// One write or deletion with its own copy of keys and payloads.
class disk_job {
public:
    explicit disk_job(std::span<store::key_value const> entries);
    explicit disk_job(bytes_view removed_key);
    disk_job(disk_job const&) = delete;
    disk_job& operator=(disk_job const&) = delete;

    /// What such a job takes in memory until it is done and told, in bytes: never less than it
    /// really is.
    [[nodiscard]] static std::size_t cost_of(std::span<store::key_value const> entries) noexcept;
    [[nodiscard]] static std::size_t cost_of(bytes_view removed_key) noexcept;

    [[nodiscard]] std::size_t cost() const noexcept { return cost_; }
    [[nodiscard]] store::write_job as_write() const noexcept;

private:
    std::size_t cost_;
    std::vector<std::byte> bytes_;
    std::vector<store::key_value> entries_;
    std::vector<bytes_view> removed_;
};

/// Who asked for a job. Told on the disk thread.
class disk_job_owner {
public:
    struct outcome {
        std::uint64_t number;  ///< as given with the job
        result<std::uint64_t> tail;
    };
    virtual void on_done(std::vector<outcome> done) = 0;

protected:
    ~disk_job_owner() = default;
};

/// Does the jobs of all threads in their order; what waits at the same time shares syncs (one group
/// of the store each, store/write_queue.hpp), unless the store syncs each by itself.
class disk_thread {
public:
    using clock = std::chrono::steady_clock;

    /// How much more may wait after a push.
    enum class room : std::uint8_t {
        enough,
        little,  ///< above writes_waiting_size_mark: push one by one, each when the last is done
        none,    ///< above writes_waiting_size_max: the job was not taken
    };

    /// `data` outlives it. Throws std::system_error when the system has no threads left.
    explicit disk_thread(store::store& data);

    /// Ends after the jobs under way; the others are dropped.
    ~disk_thread();
    disk_thread(disk_thread const&) = delete;
    disk_thread& operator=(disk_thread const&) = delete;

    /// Never waits. `owner` lives until it has been told, or until the disk thread is gone. From
    /// any thread, before finish(). A job counts until it is done.
    [[nodiscard]] room push(std::unique_ptr<disk_job> job, disk_job_owner& owner,
                            std::uint64_t number);

    /// Waits until everything pushed is under way, but not longer than until `deadline`. What has
    /// not begun then is dropped and nobody is told; gives how many jobs that were.
    [[nodiscard]] std::size_t finish(clock::time_point deadline);

private:
    struct waiting_job {
        std::unique_ptr<disk_job> job;
        disk_job_owner* owner;
        std::uint64_t number;
    };

    void run();
    [[nodiscard]] std::vector<waiting_job> take();
    void do_jobs(std::vector<waiting_job>& jobs);
    void forget(std::vector<waiting_job>& done);

    store::store& data_;
    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable emptied_;
    std::deque<waiting_job> queue_;
    std::size_t waiting_size_ = 0;  // cost of the queue and of what is under way
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace trunkline::server
