#include <trunkline/transport/turn_queue.hpp>

namespace trunkline::transport {

void turn_queue::add(turn_work& work) {
    if (work.is_linked()) {
        return;
    }
    waiting_.push_back(work);
    if (!woken_) {
        woken_ = true;
        loop_.post([this] { run(); });
    }
}

void turn_queue::run() {
    woken_ = false;
    list due;
    due.swap(waiting_);
    while (!due.empty()) {
        turn_work& next = due.front();
        due.pop_front();
        next.on_turn();
    }
}

}  // namespace trunkline::transport
