#include <trunkline/peer/deadlines.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::peers {

void deadlines::add(transport::runtime& loop, time_point when, std::weak_ptr<with_deadline> who) {
    if (waiting_.size() >= crowded_) {
        forget_the_gone();
    }
    waiting_.push_back({when, std::move(who)});
    std::ranges::push_heap(waiting_, is_later);
    if (timer_ == nullptr || waiting_.front().when < armed_for_) {
        arm(loop);
    }
}

void deadlines::clear() noexcept {
    timer_.reset();
    waiting_.clear();
}

void deadlines::forget_the_gone() {
    std::erase_if(waiting_, [](entry const& each) { return each.who.expired(); });
    std::ranges::make_heap(waiting_, is_later);
    crowded_ = std::max<std::size_t>(64, 2 * waiting_.size());
}

void deadlines::arm(transport::runtime& loop) {
    if (waiting_.empty()) {
        timer_.reset();
        return;
    }
    armed_for_ = waiting_.front().when;
    auto const left = std::max(armed_for_ - loop.now(), transport::runtime::duration::zero());
    timer_ = loop.after(left, [this, &loop] { expire(loop); });
}

void deadlines::expire(transport::runtime& loop) {
    auto const now = loop.now();
    std::vector<std::shared_ptr<with_deadline>> due;
    while (!waiting_.empty() && (waiting_.front().when <= now || waiting_.front().who.expired())) {
        if (auto who = waiting_.front().who.lock()) {
            due.push_back(std::move(who));
        }
        std::ranges::pop_heap(waiting_, is_later);
        waiting_.pop_back();
    }
    arm(loop);
    for (auto const& each : due) {  // this may be gone after any of them
        each->on_deadline();
    }
}

}  // namespace trunkline::peers
