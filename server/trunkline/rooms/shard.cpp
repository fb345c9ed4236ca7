#include <trunkline/rooms/shard.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/rooms/room.hpp>

#include <algorithm>
#include <span>
#include <utility>

namespace trunkline::rooms {

shard::~shard() {
    for (auto const& [of, seats] : seats_) {
        TRUNKLINE_ASSERT(seats->members.empty());
    }
}

// From any thread

bool shard::hand_over(handed what) {
    std::lock_guard const lock(mutex_);
    inbox_.push_back(std::move(what));
    ++handed_over_;
    bool const wanted = !std::exchange(woken_, true);
    wakes_ += wanted ? 1 : 0;
    return wanted;
}

void shard::wake() {
    loop_.post([this] { drain(); });
}

shard_counters shard::counters() const {
    std::lock_guard const lock(mutex_);
    return {.handed_over = handed_over_,
            .wakes = wakes_,
            .deliveries = deliveries_.load(std::memory_order_relaxed)};
}

// Delivery

void shard::drain() {
    TRUNKLINE_ASSERT(!delivering_);
    auto const retired = std::exchange(retired_, {});
    {
        std::lock_guard const lock(mutex_);
        taken_.swap(inbox_);
        woken_ = false;
    }
    delivering_ = true;
    for (handed& each : taken_) {
        if (!each.message) {
            open(*each.to);
            continue;
        }
        if (!std::exchange(each.to->is_meant, true)) {
            meant_.push_back(each.to);
        }
        each.to->batch_size += each.message.bytes().size();
        each.to->batch.push_back(std::move(each.message));
        each.to->batch_seats.push_back(each.first_seat_not_meant);
    }
    taken_.clear();
    for (seats_of_shard* const each : meant_) {
        each->is_meant = false;
        if (!may_rest(*each)) {
            deliver_and_rest(*each);
        }
    }
    meant_.clear();
    delivering_ = false;
    bury(retired);
}

bool shard::may_rest(seats_of_shard const& of) const noexcept {
    return of.rest != nullptr && of.batch.size() < rests_.messages_max &&
           of.batch_size < rests_.size_max;
}

// Twice as long as the delivery took: what is delivered next has come in three times that.
void shard::deliver_and_rest(seats_of_shard& to) {
    bool const has_several = to.batch.size() > 1;
    bool const was_in_vain = to.unrested > 0;
    to.unrested -= was_in_vain ? 1 : 0;
    auto const begin = loop_.now();
    deliver(to);
    auto const end = loop_.now();
    auto const took = end - begin;
    auto const before = std::exchange(to.delivered_at, end);
    bool const is_busy = has_several || (!was_in_vain && before && begin - *before < took);
    auto const rest = std::min<transport::runtime::duration>(2 * took, rests_.longest);
    to.rest.reset();
    if (is_busy && took >= rests_.after && rest > rest.zero()) {
        to.rest = loop_.after(rest, [this, &to] { end_rest(to); });
    }
}

void shard::end_rest(seats_of_shard& of) {
    of.rest.reset();
    of.unrested = of.batch.size() > 1 ? 0 : rests_.unrested_in_vain;
    if (!of.batch.empty()) {
        delivering_ = true;
        deliver_and_rest(of);
        delivering_ = false;
    }
}

// Who came later than a message was said does not get it.
void shard::deliver(seats_of_shard& to) {
    std::span<shared_message const> const batch = to.batch;
    std::uint64_t deliveries = 0;
    for (membership* const each : to.members) {
        auto const first =
            std::upper_bound(to.batch_seats.begin(), to.batch_seats.end(), each->seat_);
        auto const meant = batch.subspan(static_cast<std::size_t>(first - to.batch_seats.begin()));
        deliveries += meant.size();
        each->who_->take(meant, to.of.get());
    }
    deliveries_.fetch_add(deliveries, std::memory_order_relaxed);
    to.batch.clear();
    to.batch_seats.clear();
    to.batch_size = 0;
}

void shard::open(seats_of_shard& to) {
    for (membership* const each : to.members) {
        if (std::exchange(each->waits_, false)) {
            each->who_->on_open();
        }
    }
}

// Seats

seats_of_shard& shard::seats_for(std::shared_ptr<room> of) {
    auto& found = seats_[of.get()];
    if (found == nullptr) {
        found = std::make_unique<seats_of_shard>(seats_of_shard{.on = *this, .of = std::move(of)});
    }
    return *found;
}

// The inbox may speak of them still: the next drain but the one under way lets go of them.
void shard::retire(seats_of_shard& left) {
    if (!std::exchange(left.is_retired, true)) {
        retired_.push_back(&left);
        wake();
    }
}

void shard::bury(std::vector<seats_of_shard*> const& retired) {
    for (seats_of_shard* const each : retired) {
        each->is_retired = false;
        if (each->members.empty()) {
            seats_.erase(each->of.get());
        }
    }
}

}  // namespace trunkline::rooms
