#include <trunkline/rooms/hall.hpp>

#include <trunkline/base/assert.hpp>

#include <utility>

namespace trunkline::rooms {

hall::hall(bus& network, std::function<room_options(std::string_view)> options_of, history* kept)
    : network_(network),
      options_of_(std::move(options_of)),
      history_(kept),
      last_number_(kept == nullptr ? 0 : kept->reserved_numbers()),
      reserved_(kept == nullptr ? UINT64_MAX : last_number_.load()) {}

hall::~hall() {
    TRUNKLINE_ASSERT(rooms_.empty());
}

std::shared_ptr<room> hall::open(std::string_view name) {
    std::lock_guard const lock(mutex_);
    auto found = rooms_.find(name);
    if (found != rooms_.end()) {
        if (auto held = found->second.lock()) {
            return held;
        }
    } else {
        found = rooms_.emplace(name, std::weak_ptr<room>()).first;
    }
    std::shared_ptr<room> made(new room(*this, name, options_of_(name)));
    found->second = made;
    return made;
}

std::shared_ptr<room> hall::find(std::string_view name) const {
    std::lock_guard const lock(mutex_);
    auto const found = rooms_.find(name);
    return found == rooms_.end() ? nullptr : found->second.lock();
}

// A room that goes meanwhile wants the lock: it is let go of without.
std::vector<room_presence> hall::list(std::size_t count) const {
    std::vector<std::shared_ptr<room>> held;
    {
        std::lock_guard const lock(mutex_);
        for (auto at = rooms_.begin(); at != rooms_.end() && held.size() < count; ++at) {
            if (auto one = at->second.lock()) {
                held.push_back(std::move(one));
            }
        }
    }
    std::vector<room_presence> found;
    for (auto const& each : held) {
        if (std::size_t const members = each->members(); members > 0) {
            found.push_back({each->name(), members});
        }
    }
    return found;
}

std::size_t hall::rooms() const {
    std::lock_guard const lock(mutex_);
    return rooms_.size();
}

void hall::reserve(std::uint64_t number) {
    std::lock_guard const lock(reserving_);
    if (number > reserved_.load()) {
        std::uint64_t const up_to = number + numbers_per_reservation;
        history_->reserve_numbers(up_to);
        reserved_.store(up_to, std::memory_order_release);
    }
}

// Of a room that goes: another of its name may be there already.
void hall::forget(std::string const& name) {
    std::lock_guard const lock(mutex_);
    auto const found = rooms_.find(name);
    if (found != rooms_.end() && found->second.expired()) {
        rooms_.erase(found);
    }
}

}  // namespace trunkline::rooms
