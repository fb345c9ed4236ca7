#include <trunkline/serve/disk_thread.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/store/appender.hpp>
#include <trunkline/store/write_queue.hpp>

#include <utility>

namespace trunkline::server {
namespace {

// Of a job without entries: the job, its blocks on the heap, its places in the queue and in the
// books of who asked for it, and what tells the outcome.
constexpr std::size_t job_cost = 512;

// Of an entry: here, and what the store makes of it while it is under way.
constexpr std::size_t entry_cost = sizeof(store::key_value) + 2 * sizeof(store::record);

std::size_t bytes_of(std::span<store::key_value const> entries) noexcept {
    std::size_t size = 0;
    for (auto const& each : entries) {
        size += each.key.size() + each.payload.size();
    }
    return size;
}

}  // namespace

std::size_t disk_job::cost_of(std::span<store::key_value const> entries) noexcept {
    return job_cost + bytes_of(entries) + entries.size() * entry_cost;
}

std::size_t disk_job::cost_of(bytes_view removed_key) noexcept {
    return job_cost + removed_key.size() + entry_cost;
}

disk_job::disk_job(std::span<store::key_value const> entries) : cost_(cost_of(entries)) {
    bytes_.reserve(bytes_of(entries));  // views point into it
    entries_.reserve(entries.size());
    auto const keep = [this](bytes_view bytes) {
        auto const at = bytes_.size();
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return bytes_view(bytes_).subspan(at);
    };
    for (auto const& each : entries) {
        auto const key = keep(each.key);
        entries_.push_back({key, keep(each.payload)});
    }
}

disk_job::disk_job(bytes_view removed_key)
    : cost_(cost_of(removed_key)),
      bytes_(removed_key.begin(), removed_key.end()),
      removed_{bytes_view(bytes_)} {}

store::write_job disk_job::as_write() const noexcept {
    return {entries_, removed_, std::uint64_t{0}};
}

disk_thread::disk_thread(store::store& data) : data_(data), thread_([this] { run(); }) {}

disk_thread::~disk_thread() {
    static_cast<void>(finish(clock::now()));
    thread_.join();
}

disk_thread::room disk_thread::push(std::unique_ptr<disk_job> job, disk_job_owner& owner,
                                    std::uint64_t number) {
    std::lock_guard const lock(mutex_);
    // One write always finds room, however large writes may be.
    if (waiting_size_ != 0 && waiting_size_ + job->cost() > writes_waiting_size_max) {
        return room::none;
    }
    waiting_size_ += job->cost();
    queue_.push_back({std::move(job), &owner, number});
    if (queue_.size() == 1) {
        work_.notify_one();
    }
    return waiting_size_ > writes_waiting_size_mark ? room::little : room::enough;
}

std::size_t disk_thread::finish(clock::time_point deadline) {
    std::deque<waiting_job> dropped;
    std::unique_lock lock(mutex_);
    stopping_ = true;
    work_.notify_one();
    emptied_.wait_until(lock, deadline, [this] { return queue_.empty(); });
    dropped.swap(queue_);
    return dropped.size();
}

void disk_thread::run() {
    for (auto jobs = take(); !jobs.empty(); jobs = take()) {
        do_jobs(jobs);
    }
}

// Nothing once the end has come.
std::vector<disk_thread::waiting_job> disk_thread::take() {
    std::unique_lock lock(mutex_);
    work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    // What is synced by itself is answered by itself.
    auto const most = data_.level() == store::durability::sync ? 1 : store::group_calls_max;
    std::vector<waiting_job> taken;
    while (!queue_.empty() && taken.size() < most) {
        taken.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    if (queue_.empty()) {
        emptied_.notify_one();
    }
    return taken;
}

void disk_thread::do_jobs(std::vector<waiting_job>& jobs) {
    std::vector<store::write_job> writes;
    writes.reserve(jobs.size());
    for (auto const& each : jobs) {
        writes.push_back(each.job->as_write());
    }
    data_.do_all(writes);
    forget(jobs);
    // Each owner is told once, in the order of its jobs.
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        auto* const owner = jobs[i].owner;
        if (owner == nullptr) {
            continue;
        }
        std::vector<disk_job_owner::outcome> done;
        for (std::size_t j = i; j < jobs.size(); ++j) {
            if (jobs[j].owner == owner) {
                done.push_back({jobs[j].number, writes[j].done});
                jobs[j].owner = nullptr;
            }
        }
        owner->on_done(std::move(done));
    }
}

// What was copied for them, before anybody is told that there is room.
void disk_thread::forget(std::vector<waiting_job>& done) {
    std::size_t cost = 0;
    for (auto& each : done) {
        cost += each.job->cost();
        each.job.reset();
    }
    std::lock_guard const lock(mutex_);
    waiting_size_ -= cost;
}

}  // namespace trunkline::server
