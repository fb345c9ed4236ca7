// The thread that waits for the disk, so that no thread with connections has to.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/recycled_memory.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/store/store.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace trunkline::server {

class disk_job_owner;

/// One write or deletion with its own copy of keys and payloads, in memory that threads use again:
/// so it is best let go of by the thread that made it.
class disk_job {
public:
    struct let_go {
        void operator()(disk_job* gone) const noexcept;
    };
    using pointer = std::unique_ptr<disk_job, let_go>;

    [[nodiscard]] static pointer make(std::span<store::key_value const> entries);
    [[nodiscard]] static pointer make(bytes_view removed_key);
    disk_job(disk_job const&) = delete;
    disk_job& operator=(disk_job const&) = delete;

    /// What such a job takes in memory until it is done and told, in bytes: never less than it
    /// really is.
    [[nodiscard]] static std::size_t cost_of(std::span<store::key_value const> entries) noexcept;
    [[nodiscard]] static std::size_t cost_of(bytes_view removed_key) noexcept;

    [[nodiscard]] std::size_t cost() const noexcept { return cost_; }
    [[nodiscard]] store::write_job as_write() const noexcept;

    /// As given with the job.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    /// What the store said, once it is done.
    [[nodiscard]] result<std::uint64_t> const& tail() const noexcept { return tail_; }

private:
    friend class disk_job_list;
    friend class disk_thread;

    explicit disk_job(std::span<store::key_value const> entries);
    explicit disk_job(bytes_view removed_key);
    ~disk_job();
    template <class What>
    [[nodiscard]] static pointer make_of(What const& what);

    std::size_t cost_;
    recycled_vector<std::byte> bytes_;
    recycled_vector<store::key_value> entries_;
    recycled_vector<bytes_view> removed_;

    std::shared_ptr<std::atomic<std::size_t>> counted_in_;  // from push() on
    disk_job_owner* owner_ = nullptr;
    std::uint64_t number_ = 0;
    result<std::uint64_t> tail_{std::uint64_t{0}};
    disk_job* next_ = nullptr;
};

/// Jobs in their order, which it owns. Takes no memory of its own.
class disk_job_list {
public:
    disk_job_list() noexcept = default;
    disk_job_list(disk_job_list&& other) noexcept;
    disk_job_list& operator=(disk_job_list&& other) noexcept;
    ~disk_job_list() { clear(); }

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    void push_back(disk_job::pointer job) noexcept;
    /// Not of an empty list.
    [[nodiscard]] disk_job::pointer pop_front() noexcept;
    void append(disk_job_list others) noexcept;
    void clear() noexcept;

    /// Calls `visit(disk_job&)` for each.
    template <class Visit>
    void for_each(Visit const& visit) {
        for (disk_job* at = first_; at != nullptr; at = at->next_) {
            visit(*at);
        }
    }

private:
    disk_job* first_ = nullptr;
    disk_job* last_ = nullptr;
    std::size_t size_ = 0;
};

/// Who asked for a job. Told on the disk thread.
class disk_job_owner {
public:
    virtual void on_done(disk_job_list done) = 0;

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
    /// any thread, before finish(). A job counts until its owner has let go of it.
    [[nodiscard]] room push(disk_job::pointer job, disk_job_owner& owner, std::uint64_t number);

    /// Waits until everything pushed is under way, but not longer than until `deadline`. What has
    /// not begun then is dropped and nobody is told; gives how many jobs that were.
    [[nodiscard]] std::size_t finish(clock::time_point deadline);

private:
    void run();
    [[nodiscard]] disk_job_list take();
    void do_jobs(disk_job_list jobs);

    store::store& data_;
    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable emptied_;
    disk_job_list queue_;
    // Cost of all jobs that there are: they count themselves off when they go, perhaps after this.
    std::shared_ptr<std::atomic<std::size_t>> const waiting_size_ =
        std::make_shared<std::atomic<std::size_t>>(0);
    std::vector<store::write_job> writes_;  // of the disk thread, which keeps its room
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace trunkline::server
