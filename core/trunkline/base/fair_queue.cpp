#include <trunkline/base/fair_queue.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/limits.hpp>

#include <algorithm>

namespace trunkline {

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
    if (!urgent().empty()) {
        return first;
    }
    return in_order().empty() ? overtaken : ordered;
}

fair_queue::lane fair_queue::lane_after(lane last, std::size_t urgent_given) const noexcept {
    if (urgent_given < urgent().size()) {
        return first;
    }
    return last == ordered ? overtaken : ordered;
}

std::size_t fair_queue::peek(std::span<out_segment> out) {
    lane from = first_lane();
    plan_.clear();
    plan_begin_ = 0;
    std::array<std::size_t, 3> at{};
    std::size_t urgent_given = 0;
    std::size_t count = 0;
    std::size_t waiting = size();
    while (waiting > 0 && count < out.size()) {
        bool const others_wait = from == overtaken || urgent_given < urgent().size();
        std::size_t const share = from == first ? urgent().size() : others_wait ? 1 : chunk_size;
        auto const got = lanes_[from].peek_frames(at[from], share, out.subspan(count));
        at[from] += got.segments;
        count += got.segments;
        waiting -= got.size;
        urgent_given += from == first ? got.size : 0;
        if (!plan_.empty() && plan_.back().from == from) {
            plan_.back().size += got.size;
        } else if (got.size > 0) {
            plan_.push_back({from, got.size});
        }
        if (got.ends_write) {
            break;
        }
        from = lane_after(from, urgent_given);
    }
    return count;
}

void fair_queue::consume(std::size_t size) {
    TRUNKLINE_ASSERT(size <= this->size());
    while (size > 0) {
        if (plan_begin_ == plan_.size()) {
            plan_.push_back({first_lane(), std::min(size, lanes_[first_lane()].size())});
        }
        run& front = plan_[plan_begin_];
        std::size_t const taken = std::min(size, front.size);
        lanes_[front.from].consume(taken);
        front.size -= taken;
        size -= taken;
        if (front.size == 0) {
            ++plan_begin_;
        }
    }
}

void fair_queue::clear() noexcept {
    for (gather_queue& each : lanes_) {
        each.clear();
    }
    std::vector<run>().swap(plan_);
    plan_begin_ = 0;
}

}  // namespace trunkline
