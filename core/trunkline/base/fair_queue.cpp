#include <trunkline/base/fair_queue.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/limits.hpp>

#include <algorithm>

namespace trunkline {

// Bytes of each lane that may be given now.
fair_queue::sizes fair_queue::may_leave() const noexcept {
    if (!fenced_.empty()) {
        return fenced_.front();
    }
    if (held_) {
        return {};
    }
    return {lanes_[ordered].size(), lanes_[overtaken].size(), lanes_[first].size()};
}

// A transport may have begun the frame at which consuming stopped, though none of its bytes have
// been consumed.
fair_queue::lane fair_queue::first_lane() const noexcept {
    for (lane const each : {first, ordered, overtaken}) {
        if (lanes_[each].mid_frame()) {
            return each;
        }
    }
    if (plan_begin_ < plan_.size()) {
        return plan_[plan_begin_].from;
    }
    sizes const left = may_leave();
    if (left[first] > 0) {
        return first;
    }
    return left[ordered] == 0 ? overtaken : ordered;
}

std::size_t fair_queue::peek(std::span<out_segment> out) {
    lane from = first_lane();
    plan_.clear();
    plan_begin_ = 0;
    sizes at{};
    sizes left = may_leave();
    std::size_t count = 0;
    while (left != sizes{} && count < out.size()) {
        bool const others_wait = from == overtaken || left[first] > 0;
        std::size_t const share = from == first ? left[first] : others_wait ? 1 : chunk_size;
        auto const got =
            lanes_[from].peek_frames(at[from], std::min(share, left[from]), out.subspan(count));
        at[from] += got.segments;
        count += got.segments;
        left[from] -= got.size;
        if (!plan_.empty() && plan_.back().from == from) {
            plan_.back().size += got.size;
        } else if (got.size > 0) {
            plan_.push_back({from, got.size});
        }
        if (got.ends_write) {
            break;
        }
        from = left[first] > 0 ? first : from == ordered ? overtaken : ordered;
    }
    return count;
}

void fair_queue::consume(std::size_t size) {
    TRUNKLINE_ASSERT(size <= this->size());
    while (size > 0) {
        if (plan_begin_ == plan_.size()) {
            lane const from = first_lane();
            plan_.push_back({from, std::min(size, may_leave()[from])});
        }
        run& front = plan_[plan_begin_];
        std::size_t const taken = std::min(size, front.size);
        TRUNKLINE_ASSERT(taken > 0);  // nothing may leave that is held back
        lanes_[front.from].consume(taken);
        if (!fenced_.empty()) {
            fenced_.front()[front.from] -= taken;
            pass_fences();
        }
        front.size -= taken;
        size -= taken;
        if (front.size == 0) {
            ++plan_begin_;
        }
    }
}

void fair_queue::fence() {
    sizes behind{lanes_[ordered].size(), lanes_[overtaken].size(), lanes_[first].size()};
    for (sizes const& each : fenced_) {
        for (lane const of : {ordered, overtaken, first}) {
            behind[of] -= each[of];
        }
    }
    if (behind != sizes{}) {
        fenced_.push_back(behind);
    }
}

void fair_queue::hold() {
    fence();
    held_ = true;
}

void fair_queue::pass_fences() noexcept {
    if (fenced_.front() == sizes{}) {
        fenced_.erase(fenced_.begin());
    }
}

void fair_queue::clear() noexcept {
    fenced_.clear();
    held_ = false;
    for (gather_queue& each : lanes_) {
        each.clear();
    }
    std::vector<run>().swap(plan_);
    plan_begin_ = 0;
}

}  // namespace trunkline
