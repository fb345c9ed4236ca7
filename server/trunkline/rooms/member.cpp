#include <trunkline/rooms/member.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/rooms/room.hpp>
#include <trunkline/rooms/shard.hpp>
#include <trunkline/rooms/waiting_queue.hpp>

#include <array>
#include <tuple>
#include <utility>

namespace trunkline::rooms {

// member

member::member() noexcept = default;
member::~member() = default;

void member::take(std::span<shared_message const> said, room* of) {
    if (is_closed_) {
        return;
    }
    if (!has_waiting()) {
        said = said.subspan(offer(said));
    }
    if (!said.empty() && waiting_ == nullptr) {
        waiting_ = std::make_unique<waiting_queue>();
    }
    for (shared_message const& each : said) {
        if (!waiting_->add(each, of)) {
            is_closed_ = true;
            waiting_.reset();
            on_overflow();
            return;
        }
    }
}

void member::tell(shared_message const& said) {
    take(std::span(&said, 1), nullptr);
}

void member::resume() {
    std::array<shared_message, offered_max> batch;
    auto const tell = [this](room const& where, missed_messages const& missed) {
        return tell_missed(where, missed);
    };
    while (has_waiting()) {
        std::size_t const count = waiting_->peek(batch, tell);
        if (count == 0) {
            waiting_.reset();
            return;
        }
        std::size_t const taken = offer(std::span(batch).first(count));
        waiting_->pop(taken);
        if (taken < count) {
            return;
        }
    }
}

// It has said nothing of the room yet: all that comes of it waits behind.
void member::catch_up(room& in, std::uint64_t after, std::uint64_t until) {
    if (is_closed_) {
        return;
    }
    bool const keeps_up = !has_waiting();
    if (keeps_up) {
        waiting_ = std::make_unique<waiting_queue>();
    }
    waiting_->add_history(in, after, until);
    if (keeps_up) {
        resume();
    }
}

std::size_t member::waiting_size() const noexcept {
    return waiting_ == nullptr ? 0 : waiting_->size();
}

void member::forget(room& left) {
    if (waiting_ != nullptr) {
        waiting_->forget(left);
    }
}

// membership

membership::~membership() {
    if (*this) {
        std::ignore = leave();
    }
}

crowd_news membership::join(shard& on, std::shared_ptr<room> into, member& who,
                            std::uint64_t number, std::string_view name,
                            std::optional<std::uint64_t> after) {
    TRUNKLINE_ASSERT(at_ == nullptr && !on.delivering_);
    room& joined = *into;
    at_ = &on.seats_for(std::move(into));
    who_ = &who;
    index_ = static_cast<std::uint32_t>(at_->members.size());
    at_->members.push_back(this);
    auto const arrived = joined.enter({&on, at_}, index_ == 0, number, name);
    seat_ = arrived.seat;
    if (after) {
        who.catch_up(joined, *after > arrived.last_number ? 0 : *after, arrived.last_number);
    }
    return arrived.news;
}

crowd_news membership::leave() {
    TRUNKLINE_ASSERT(at_ != nullptr && !at_->on.delivering_);
    seats_of_shard& seats = *std::exchange(at_, nullptr);
    who_->forget(*seats.of);
    seats.members[index_] = seats.members.back();
    seats.members[index_]->index_ = index_;
    seats.members.pop_back();
    bool const was_last = seats.members.empty();
    crowd_news const news = seats.of->leave({&seats.on, &seats}, was_last, seat_);
    if (was_last) {
        seats.on.retire(seats);
    }
    return news;
}

room& membership::where() const noexcept {
    return *at_->of;
}

void membership::rename(std::string_view name) {
    at_->of->rename(seat_, name);
}

// Who is told by the inbox looks at the flag on this thread: an opening cannot be missed.
bool membership::may_publish() noexcept {
    waits_ = at_->of->is_held_back();
    return !waits_;
}

}  // namespace trunkline::rooms
