#include <trunkline/peer/send_queue.hpp>

#include <trunkline/peer/line.hpp>

#include <utility>

namespace trunkline::peers {

static_assert(send_queue_low_mark < send_queue_size_mark, "who has to wait is told later");

void send_queue::put(std::shared_ptr<task> what) {
    std::lock_guard const lock(mutex_);
    put_.push_back(std::move(what));
}

// Counted and put as one, or a finish() between the two would lose a part that was taken.
send_outcome send_queue::enter(std::size_t cost, std::shared_ptr<task> part) {
    std::lock_guard const lock(mutex_);
    if (closed_) {
        return {send_status::refused, closed_};
    }
    if (size_ >= send_queue_size_mark) {
        return {send_status::wait, {}};
    }
    size_ += cost;
    above_ = above_ || size_ > send_queue_low_mark;
    put_.push_back(std::move(part));
    return {send_status::queued, {}};
}

bool send_queue::needs_turn() {
    std::lock_guard const lock(mutex_);
    return !put_.empty() && !std::exchange(turn_due_, true);
}

void send_queue::turn_came() {
    std::lock_guard const lock(mutex_);
    turn_due_ = false;
}

std::shared_ptr<task> send_queue::next() {
    std::lock_guard const lock(mutex_);
    if (put_.empty()) {
        return nullptr;
    }
    auto first = std::move(put_.front());
    put_.pop_front();
    return first;
}

void send_queue::drop(error_code why) {
    std::deque<std::shared_ptr<task>> dropped;
    {
        std::lock_guard const lock(mutex_);
        turn_due_ = false;
        above_ = false;
        if (!closed_) {
            closed_ = why;
        }
        dropped.swap(put_);
    }
    for (auto const& each : dropped) {
        each->drop(why);
    }
}

void send_queue::leave(std::size_t cost) {
    std::function<void()> told;
    {
        std::lock_guard const lock(mutex_);
        size_ -= cost;
        if (size_ <= send_queue_low_mark && std::exchange(above_, false)) {
            told = drained_;
        }
    }
    if (told) {
        told();
    }
}

void send_queue::close(error_code why) {
    std::lock_guard const lock(mutex_);
    if (!closed_) {
        closed_ = why;
    }
}

// What was set before goes outside of the lock: it may hold whatever uses the stream.
void send_queue::on_drained(std::function<void()> told) {
    std::lock_guard const lock(mutex_);
    drained_.swap(told);
}

}  // namespace trunkline::peers
