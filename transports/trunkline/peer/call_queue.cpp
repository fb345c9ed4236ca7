#include <trunkline/peer/call_queue.hpp>

#include <trunkline/peer/line.hpp>

namespace trunkline::peers {

bool call_queue::add(std::shared_ptr<waiting_call> const& who, std::size_t size) {
    if (waiting_.size() >= limits_.calls_max || size_ + size > limits_.size_max) {
        return false;
    }
    insert(waiting_.end(), who, size);
    return true;
}

void call_queue::insert(list::iterator before, std::shared_ptr<waiting_call> const& who,
                        std::size_t size) {
    who->place_ = waiting_.insert(before, {who, size});
    who->among_ = this;
    size_ += size;
}

void call_queue::remove(waiting_call& who) noexcept {
    if (who.among_ == this) {
        size_ -= who.place_->size;
        waiting_.erase(who.place_);
        who.among_ = nullptr;
    }
}

void call_queue::offer(line& on) {
    if (offering_) {
        return;
    }
    auto const kept = on.shared_from_this();
    offering_ = true;
    while (!waiting_.empty() && on.takes_calls()) {
        std::size_t const size = waiting_.front().size;
        auto const next = waiting_.front().who;
        remove(*next);
        if (!next->go_on(on)) {
            insert(waiting_.begin(), next, size);
            break;
        }
    }
    offering_ = false;
}

// Who hears of it may call again, and is to be refused then by who is asked.
void call_queue::refuse_all(error_code why) {
    for (std::size_t left = waiting_.size(); left > 0 && !waiting_.empty(); --left) {
        auto const next = waiting_.front().who;
        remove(*next);
        next->refuse(why);
    }
}

}  // namespace trunkline::peers
