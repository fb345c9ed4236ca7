#include <trunkline/store/write_queue.hpp>

namespace trunkline::store {

bool write_queue::try_enter() noexcept {
    auto expected = turn_state::free;
    return turn_.compare_exchange_strong(expected, turn_state::taken, std::memory_order_acquire);
}

bool write_queue::try_leave() noexcept {
    auto expected = turn_state::taken;
    return turn_.compare_exchange_strong(expected, turn_state::free, std::memory_order_release);
}

// Under the lock. True when the turn was free and is the caller's now; else whoever has it will
// look at the line before it leaves.
bool write_queue::want_turn() noexcept {
    for (;;) {
        if (try_enter()) {
            return true;
        }
        auto expected = turn_state::taken;
        if (turn_.compare_exchange_strong(expected, turn_state::wanted,
                                          std::memory_order_relaxed) ||
            expected == turn_state::wanted) {
            return false;
        }
    }
}

bool write_queue::enter(write_call& mine, std::vector<write_call*>& group) {
    if (try_enter()) {
        group.assign(1, &mine);
        return true;
    }
    std::unique_lock lock(mutex_);
    if (want_turn()) {
        group.assign(1, &mine);
        return true;
    }
    waiter self{&mine};
    wait_in_line(self, lock);
    if (self.now == state::done) {
        return false;
    }
    group.assign(1, &mine);
    gather(group);
    return true;
}

bool write_queue::next(std::vector<write_call*>& group, int rounds_done) {
    bool const waited = waits_for_disk(group.front()->level);
    group.clear();
    if (taken_.empty() && try_leave()) {
        return false;
    }
    std::lock_guard const lock(mutex_);
    for (auto* const each : taken_) {
        each->now = state::done;
        each->told.notify_one();  // under the lock: it cannot leave before
    }
    taken_.clear();
    if (first_ != nullptr && first_->call != nullptr && !waited &&
        rounds_done < rounds_for_others_max) {
        gather(group);
        return true;
    }
    hand_on();
    return false;
}

void write_queue::enter_alone() {
    if (try_enter()) {
        return;
    }
    std::unique_lock lock(mutex_);
    if (want_turn()) {
        return;
    }
    waiter self{nullptr};
    wait_in_line(self, lock);
}

void write_queue::leave() {
    if (try_leave()) {
        return;
    }
    std::lock_guard const lock(mutex_);
    hand_on();
}

std::size_t write_queue::waiting() const {
    std::lock_guard const lock(mutex_);
    return waiting_;
}

bool write_queue::fits(write_call const& one, std::span<write_call* const> group,
                       std::size_t entries) noexcept {
    if (group.empty()) {
        return true;
    }
    auto const level = group.front()->level;
    return one.level == level && level != durability::sync && group.size() < group_calls_max &&
           entries + one.size() <= group_entries_max;
}

void write_queue::wait_in_line(waiter& self, std::unique_lock<std::mutex>& lock) {
    (first_ == nullptr ? first_ : last_->next) = &self;
    last_ = &self;
    ++waiting_;
    self.told.wait(lock, [&self] { return self.now != state::waiting; });
}

write_queue::waiter& write_queue::take_first() {
    auto& taken = *first_;
    first_ = taken.next;
    --waiting_;
    return taken;
}

void write_queue::gather(std::vector<write_call*>& group) {
    std::size_t entries = group.empty() ? 0 : group.front()->size();
    while (first_ != nullptr && first_->call != nullptr && fits(*first_->call, group, entries)) {
        auto& taken = take_first();
        entries += taken.call->size();
        group.push_back(taken.call);
        taken_.push_back(&taken);
    }
}

void write_queue::hand_on() {
    if (first_ == nullptr) {
        turn_.store(turn_state::free, std::memory_order_release);
        return;
    }
    auto& leader = take_first();
    leader.now = state::leading;
    leader.told.notify_one();
}

}  // namespace trunkline::store
