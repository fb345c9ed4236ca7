#include <trunkline/serve/disk_thread.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/store/write_queue.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::server {

disk_job::disk_job(std::span<store::key_value const> entries) {
    std::size_t size = 0;
    for (auto const& each : entries) {
        size += each.key.size() + each.payload.size();
    }
    bytes_.reserve(size);  // views point into it
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
    : bytes_(removed_key.begin(), removed_key.end()), removed_{bytes_view(bytes_)} {}

store::write_job disk_job::as_write() const noexcept {
    return {entries_, removed_, std::uint64_t{0}};
}

disk_thread::disk_thread(store::store& data) : data_(data), thread_([this] { run(); }) {}

disk_thread::~disk_thread() {
    {
        std::lock_guard const lock(mutex_);
        stopping_ = true;
    }
    work_.notify_one();
    thread_.join();
}

void disk_thread::push(std::unique_ptr<disk_job> job, disk_job_owner& owner, std::uint64_t number) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return queued_size_ <= writes_waiting_size_max; });
    queued_size_ += job->size();
    queue_.push_back({std::move(job), &owner, number});
    if (queue_.size() == 1) {
        work_.notify_one();
    }
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
        queued_size_ -= queue_.front().job->size();
        taken.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    room_.notify_all();
    return taken;
}

void disk_thread::do_jobs(std::vector<waiting_job>& jobs) {
    std::vector<store::write_job> writes;
    writes.reserve(jobs.size());
    for (auto const& each : jobs) {
        writes.push_back(each.job->as_write());
    }
    data_.do_all(writes);
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

}  // namespace trunkline::server
