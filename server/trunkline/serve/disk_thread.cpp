#include <trunkline/serve/disk_thread.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/store/appender.hpp>
#include <trunkline/store/write_queue.hpp>

#include <utility>

namespace trunkline::server {
namespace {

// Of a job without entries: the job, the ends of its blocks, and its place in the books of who
// asked for it.
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

disk_job::~disk_job() {
    if (counted_in_) {
        counted_in_->fetch_sub(cost_, std::memory_order_relaxed);
    }
}

template <class What>
disk_job::pointer disk_job::make_of(What const& what) {
    void* const at = take_recycled(sizeof(disk_job));
    try {
        return pointer(new (at) disk_job(what));
    } catch (...) {
        give_recycled(at, sizeof(disk_job));
        throw;
    }
}

disk_job::pointer disk_job::make(std::span<store::key_value const> entries) {
    return make_of(entries);
}

disk_job::pointer disk_job::make(bytes_view removed_key) {
    return make_of(removed_key);
}

void disk_job::let_go::operator()(disk_job* gone) const noexcept {
    gone->~disk_job();
    give_recycled(gone, sizeof(disk_job));
}

store::write_job disk_job::as_write() const noexcept {
    return {entries_, removed_, std::uint64_t{0}};
}

disk_job_list::disk_job_list(disk_job_list&& other) noexcept
    : first_(std::exchange(other.first_, nullptr)),
      last_(std::exchange(other.last_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

disk_job_list& disk_job_list::operator=(disk_job_list&& other) noexcept {
    disk_job_list taken(std::move(other));
    std::swap(first_, taken.first_);
    std::swap(last_, taken.last_);
    std::swap(size_, taken.size_);
    return *this;
}

void disk_job_list::push_back(disk_job::pointer job) noexcept {
    disk_job* const added = job.release();
    added->next_ = nullptr;
    (first_ == nullptr ? first_ : last_->next_) = added;
    last_ = added;
    ++size_;
}

disk_job::pointer disk_job_list::pop_front() noexcept {
    disk_job::pointer taken(first_);
    first_ = taken->next_;
    --size_;
    return taken;
}

void disk_job_list::append(disk_job_list others) noexcept {
    while (!others.empty()) {
        push_back(others.pop_front());
    }
}

void disk_job_list::clear() noexcept {
    while (!empty()) {
        pop_front().reset();
    }
}

disk_thread::disk_thread(store::store& data) : data_(data) {
    writes_.reserve(store::group_calls_max);
    thread_ = std::thread([this] { run(); });
}

disk_thread::~disk_thread() {
    static_cast<void>(finish(clock::now()));
    thread_.join();
}

disk_thread::room disk_thread::push(disk_job::pointer job, disk_job_owner& owner,
                                    std::uint64_t number) {
    std::lock_guard const lock(mutex_);
    // One write always finds room, however large writes may be.
    std::size_t const waiting = waiting_size_->load(std::memory_order_relaxed);
    if (waiting != 0 && waiting + job->cost() > writes_waiting_size_max) {
        return room::none;
    }
    std::size_t const cost = job->cost();
    waiting_size_->fetch_add(cost, std::memory_order_relaxed);
    job->counted_in_ = waiting_size_;
    job->owner_ = &owner;
    job->number_ = number;
    queue_.push_back(std::move(job));
    if (queue_.size() == 1) {
        work_.notify_one();
    }
    return waiting + cost > writes_waiting_size_mark ? room::little : room::enough;
}

std::size_t disk_thread::finish(clock::time_point deadline) {
    disk_job_list dropped;
    std::unique_lock lock(mutex_);
    stopping_ = true;
    work_.notify_one();
    emptied_.wait_until(lock, deadline, [this] { return queue_.empty(); });
    std::swap(dropped, queue_);
    return dropped.size();
}

void disk_thread::run() {
    for (auto jobs = take(); !jobs.empty(); jobs = take()) {
        do_jobs(std::move(jobs));
    }
}

// Nothing once the end has come.
disk_job_list disk_thread::take() {
    std::unique_lock lock(mutex_);
    work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    // What is synced by itself is answered by itself.
    auto const most = data_.level() == store::durability::sync ? 1 : store::group_calls_max;
    disk_job_list taken;
    while (!queue_.empty() && taken.size() < most) {
        taken.push_back(queue_.pop_front());
    }
    if (queue_.empty()) {
        emptied_.notify_one();
    }
    return taken;
}

void disk_thread::do_jobs(disk_job_list jobs) {
    writes_.clear();
    jobs.for_each([this](disk_job const& each) { writes_.push_back(each.as_write()); });
    data_.do_all(writes_);
    std::size_t at = 0;
    jobs.for_each([&](disk_job& each) { each.tail_ = writes_[at++].done; });
    // Each owner is told once, in the order of its jobs.
    while (!jobs.empty()) {
        disk_job_list of_one;
        disk_job_list of_others;
        auto first = jobs.pop_front();
        disk_job_owner* const owner = first->owner_;
        of_one.push_back(std::move(first));
        while (!jobs.empty()) {
            auto next = jobs.pop_front();
            (next->owner_ == owner ? of_one : of_others).push_back(std::move(next));
        }
        jobs = std::move(of_others);
        owner->on_done(std::move(of_one));
    }
}

}  // namespace trunkline::server
