// The thread that waits for the disk, so that no thread with connections has to.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/store/store.hpp>

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

    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] store::write_job as_write() const noexcept;

private:
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

/// Does the jobs of all threads in their order; all that wait at the same time share one sync,
/// unless the store syncs each by itself.
class disk_thread {
public:
    /// `data` outlives it. Throws std::system_error when the system has no threads left.
    explicit disk_thread(store::store& data);

    /// Does what is left first.
    ~disk_thread();
    disk_thread(disk_thread const&) = delete;
    disk_thread& operator=(disk_thread const&) = delete;

    /// `owner` lives until it has been told, or until the disk thread is gone. From any thread.
    /// Waits while more than writes_waiting_size_max is queued already: so reading from peers that
    /// write more than the disk takes stops for a while.
    void push(std::unique_ptr<disk_job> job, disk_job_owner& owner, std::uint64_t number);

private:
    struct waiting_job {
        std::unique_ptr<disk_job> job;
        disk_job_owner* owner;
        std::uint64_t number;
    };

    void run();
    [[nodiscard]] std::vector<waiting_job> take();
    void do_jobs(std::vector<waiting_job>& jobs);

    store::store& data_;
    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable room_;
    std::deque<waiting_job> queue_;
    std::size_t queued_size_ = 0;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace trunkline::server
