#include <trunkline/peer/send_queue.hpp>

#include <utility>

namespace trunkline::peers {

static_assert(send_queue_low_mark < send_queue_size_mark, "who has to wait is told later");

send_outcome send_queue::enter(std::size_t bytes) {
    std::lock_guard const lock(mutex_);
    if (closed_) {
        return {send_status::refused, closed_};
    }
    if (size_ >= send_queue_size_mark) {
        return {send_status::wait, {}};
    }
    size_ += bytes;
    above_ = above_ || size_ > send_queue_low_mark;
    return {send_status::queued, {}};
}

void send_queue::leave(std::size_t bytes) {
    std::function<void()> told;
    {
        std::lock_guard const lock(mutex_);
        size_ -= bytes;
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

void send_queue::on_drained(std::function<void()> told) {
    std::lock_guard const lock(mutex_);
    drained_ = std::move(told);
}

}  // namespace trunkline::peers
