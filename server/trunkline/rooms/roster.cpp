#include <trunkline/rooms/roster.hpp>

#include <trunkline/base/assert.hpp>

#include <algorithm>

namespace trunkline::rooms {

std::uint64_t roster::enter(std::uint64_t number, std::string_view name) {
    TRUNKLINE_ASSERT(number != nobody);
    seats_.push_back({next_seat_, number});
    if (!name.empty()) {
        names_.emplace(next_seat_, name);
    }
    return next_seat_++;
}

void roster::rename(std::uint64_t seat, std::string_view name) {
    TRUNKLINE_ASSERT(!seats_[place_of(seat)].is_free());
    if (name.empty()) {
        names_.erase(seat);
    } else {
        names_[seat] = name;
    }
}

void roster::leave(std::uint64_t seat) {
    seat_entry& at = seats_[place_of(seat)];
    TRUNKLINE_ASSERT(!at.is_free());
    at.number = nobody;
    names_.erase(seat);
    if (++left_ * 2 > seats_.size()) {
        close_ranks();
    }
}

std::vector<present_member> roster::page(std::uint64_t after, std::size_t count) const {
    std::vector<present_member> found;
    for (std::size_t at = place_of(after + 1); at < seats_.size() && found.size() < count; ++at) {
        seat_entry const& each = seats_[at];
        if (!each.is_free()) {
            auto const name = names_.find(each.seat);
            found.push_back(
                {each.seat, each.number, name == names_.end() ? std::string() : name->second});
        }
    }
    return found;
}

std::size_t roster::place_of(std::uint64_t seat) const noexcept {
    auto const found = std::lower_bound(
        seats_.begin(), seats_.end(), seat,
        [](seat_entry const& each, std::uint64_t wanted) { return each.seat < wanted; });
    return static_cast<std::size_t>(found - seats_.begin());
}

// Each seat was moved here once for at least one that was left: what a leave costs is constant.
void roster::close_ranks() {
    std::erase_if(seats_, [](seat_entry const& each) { return each.is_free(); });
    left_ = 0;
    if (seats_.capacity() > 4 * seats_.size()) {
        seats_.shrink_to_fit();
    }
}

}  // namespace trunkline::rooms
