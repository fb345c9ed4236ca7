#include <trunkline/load/meeting.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace trunkline::load {

meeting::meeting(std::size_t parties) : seats_(parties) {}

void meeting::come(std::size_t party, transport::runtime& loop, std::size_t says, heard done) {
    if (seats_.size() == 1) {
        done({{says}, loop.now()});
        return;
    }
    std::lock_guard const guard(lock_);
    seats_[party] = {&loop, std::move(done), says};
    last_ = loop.now();
    end_where_all_are_there();
}

void meeting::leave(std::size_t party) {
    std::lock_guard const guard(lock_);
    seats_[party] = {.is_left = true};
    end_where_all_are_there();
}

void meeting::end_where_all_are_there() {
    if (!std::ranges::all_of(seats_, [](seat const& each) { return each.loop || each.is_left; })) {
        return;
    }
    auto const found = std::make_shared<agreement>();
    for (seat const& each : seats_) {
        found->said.push_back(each.says);
    }
    found->at = last_;
    for (seat& each : seats_) {
        if (each.is_left) {
            continue;
        }
        each.loop->post([found, done = std::move(each.done)] { done(*found); });
        each = {};
    }
}

}  // namespace trunkline::load
