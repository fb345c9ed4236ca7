#include <trunkline/transport/sweeper.hpp>

#include <algorithm>

namespace trunkline::transport {
namespace {

constexpr std::int64_t tick_us = std::chrono::microseconds(sweeper::tick).count();

std::int64_t tick_of(runtime::time_point time) noexcept {
    return time.time_since_epoch().count() / tick_us;
}

runtime::time_point begin_of(std::int64_t tick) noexcept {
    return runtime::time_point(runtime::duration(tick * tick_us));
}

}  // namespace

void sweeper::look_at(swept& what, runtime::time_point when) {
    what.unlink();
    if (!timer_) {
        next_tick_ = tick_of(loop_.now()) + 1;
    }
    std::int64_t const wanted = tick_of(when) + (begin_of(tick_of(when)) < when ? 1 : 0);
    std::int64_t const chosen = std::clamp(wanted, next_tick_, next_tick_ + slots - 1);
    wheel_[static_cast<std::size_t>(chosen % slots)].push_back(what);
    if (!timer_) {
        wait();
    }
}

void sweeper::wait() {
    timer_ = loop_.after(begin_of(next_tick_) - loop_.now(), [this] { turn(); });
}

void sweeper::turn() {
    runtime::time_point const now = loop_.now();
    while (begin_of(next_tick_) <= now) {
        list due;
        due.swap(wheel_[static_cast<std::size_t>(next_tick_ % slots)]);
        ++next_tick_;
        while (!due.empty()) {
            swept& next = due.front();
            due.pop_front();
            next.on_sweep(now);
        }
    }
    timer_.reset();
    if (!empty()) {
        wait();
    }
}

bool sweeper::empty() const noexcept {
    return std::all_of(wheel_.begin(), wheel_.end(), [](list const& slot) { return slot.empty(); });
}

}  // namespace trunkline::transport
