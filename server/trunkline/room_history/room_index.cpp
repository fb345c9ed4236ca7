#include <trunkline/room_history/room_index.hpp>

#include <algorithm>

namespace trunkline::room_history {

void kept_room::add(kept_place const& said, std::uint64_t now_us) {
    places_.push_back(said);
    size_ += said.size;
    while (places_.size() > limits_.messages_max || size_ > limits_.size_max) {
        drop_first();
    }
    grow_older(now_us);
}

void kept_room::grow_older(std::uint64_t now_us) {
    auto const age_max = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(limits_.age_max).count());
    while (age_max > 0 && !places_.empty() && places_.front().wall_clock_us + age_max < now_us) {
        drop_first();
    }
}

void kept_room::lose_up_to(std::uint64_t number) {
    while (!places_.empty() && places_.front().number <= number) {
        drop_first();
    }
    lost_up_to_ = std::max(lost_up_to_, number);
}

std::size_t kept_room::first_after(std::uint64_t number) const noexcept {
    auto const found = std::upper_bound(
        places_.begin(), places_.end(), number,
        [](std::uint64_t wanted, kept_place const& each) { return wanted < each.number; });
    return static_cast<std::size_t>(found - places_.begin());
}

void kept_room::drop_first() {
    size_ -= places_.front().size;
    lost_up_to_ = places_.front().number;
    places_.pop_front();
}

kept_room& room_index::speak_in(std::string_view room) {
    if (auto const found = by_name_.find(room); found != by_name_.end()) {
        rooms_.splice(rooms_.end(), rooms_, found->second);
        return rooms_.back();
    }
    if (rooms_.size() >= rooms_max_) {
        forget_up_to(rooms_.front().last_number());
        by_name_.erase(rooms_.front().name());
        rooms_.pop_front();
    }
    rooms_.emplace_back(room, limits_of_(room)).lose_up_to(forgotten_up_to_);
    by_name_.emplace(rooms_.back().name(), std::prev(rooms_.end()));
    return rooms_.back();
}

kept_room* room_index::find(std::string_view room) {
    auto const found = by_name_.find(room);
    return found == by_name_.end() ? nullptr : &*found->second;
}

}  // namespace trunkline::room_history
