#include <trunkline/transport/simulated_runtime.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::transport {
namespace {

/// How long one who waits for an event lets time pass.
constexpr std::chrono::hours blocking_max{24};

/// Says that work is under way.
class working_mark {
public:
    explicit working_mark(bool& mark) noexcept : mark_(mark), before_(std::exchange(mark, true)) {}
    working_mark(working_mark const&) = delete;
    working_mark& operator=(working_mark const&) = delete;
    ~working_mark() { mark_ = before_; }

private:
    bool& mark_;
    bool before_;
};

}  // namespace

class simulated_runtime::simulated_timer final : public timer {
public:
    simulated_timer(simulated_runtime& owner, key which) : owner_(owner), which_(which) {}
    ~simulated_timer() override { owner_.cancel(which_); }

private:
    simulated_runtime& owner_;
    key which_;
};

simulated_runtime::simulated_runtime() = default;

simulated_runtime::~simulated_runtime() {
    drop_work();
    drop_commons();
    drop_work();
}

// Work may own timers of this runtime, which look themselves up when they go: one by one, behind
// the lock. Other threads may post until drop_commons().
void simulated_runtime::drop_work() noexcept {
    std::unique_lock lock(mutex_);
    while (!work_.empty()) {
        {
            auto const last = work_.extract(work_.begin());
            lock.unlock();
        }
        lock.lock();
    }
}

runtime::time_point simulated_runtime::now() const noexcept {
    std::lock_guard const lock(mutex_);
    return now_;
}

std::uint64_t simulated_runtime::wall_clock_us() const noexcept {
    std::lock_guard const lock(mutex_);
    return static_cast<std::uint64_t>((wall_clock_ + now_.time_since_epoch()).count());
}

void simulated_runtime::move_wall_clock(duration by) {
    std::lock_guard const lock(mutex_);
    wall_clock_ += by;
}

std::unique_ptr<timer> simulated_runtime::after(duration delay, std::function<void()> work) {
    return std::make_unique<simulated_timer>(*this, schedule(delay, std::move(work)));
}

void simulated_runtime::post(std::function<void()> work) {
    schedule(duration::zero(), std::move(work));
}

simulated_runtime::key simulated_runtime::schedule(duration delay, std::function<void()> work) {
    std::lock_guard const lock(mutex_);
    key const which{now_ + std::max(delay, duration::zero()), next_++};
    work_.emplace(which, std::move(work));
    return which;
}

void simulated_runtime::cancel(key const& which) {
    std::map<key, std::function<void()>>::node_type cancelled;  // destroyed after the lock is gone
    std::lock_guard const lock(mutex_);
    cancelled = work_.extract(which);
}

bool simulated_runtime::run_next_until(time_point limit) {
    std::unique_lock lock(mutex_);
    if (work_.empty() || work_.begin()->first.first > limit) {
        return false;
    }
    if (steps_left_ == 0) {
        worn_out_ = true;
        return false;
    }
    --steps_left_;
    auto const next = work_.extract(work_.begin());
    now_ = std::max(now_, next.key().first);
    lock.unlock();
    working_mark const mark(working_);
    next.mapped()();
    if (ran_ != nullptr) {
        ran_();
    }
    return true;
}

bool simulated_runtime::run_one() {
    return run_next_until(time_point::max());
}

void simulated_runtime::run_until_idle() {
    while (run_next_until(now())) {
    }
}

void simulated_runtime::run_for(duration span) {
    time_point const limit = now() + span;
    while (run_next_until(limit)) {
    }
    std::lock_guard const lock(mutex_);
    if (!worn_out_) {
        now_ = std::max(now_, limit);
    }
}

bool simulated_runtime::wait_until(std::function<bool()> const& done) {
    return !working_ && run_until(done, blocking_max);
}

bool simulated_runtime::run_until(std::function<bool()> const& done, duration at_most) {
    time_point const limit = now() + at_most;
    while (!done()) {
        if (!run_next_until(limit)) {
            return false;
        }
    }
    return true;
}

void simulated_runtime::limit_steps(std::uint64_t count) {
    std::lock_guard const lock(mutex_);
    steps_left_ = count;
    worn_out_ = false;
}

bool simulated_runtime::is_worn_out() const {
    std::lock_guard const lock(mutex_);
    return worn_out_;
}

std::size_t simulated_runtime::pending() const {
    std::lock_guard const lock(mutex_);
    return work_.size();
}

}  // namespace trunkline::transport
