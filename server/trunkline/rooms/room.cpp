#include <trunkline/rooms/room.hpp>

#include <trunkline/rooms/hall.hpp>
#include <trunkline/rooms/shard.hpp>

#include <boost/container/small_vector.hpp>

#include <utility>

namespace trunkline::rooms {

room::room(hall& owner, std::string_view name, room_options const& options)
    : owner_(owner),
      name_(name),
      options_(options),
      notices_(options.notice_members_max),
      topic_(owner.network().subscribe(name_, *this)) {}

room::~room() {
    topic_.reset();
    owner_.forget(name_);
}

std::size_t room::members() const {
    std::lock_guard const lock(mutex_);
    return roster_.size();
}

bool room::is_small() const {
    std::lock_guard const lock(mutex_);
    return notices_.is_small(roster_.size());
}

std::vector<present_member> room::page(std::uint64_t after, std::size_t count) const {
    std::lock_guard const lock(mutex_);
    return roster_.page(after, count);
}

void room::on_said(message_draft said) {
    history* const keeper = said.is_kept() ? owner_.kept() : nullptr;
    hand_over([&] {
        shared_message finished = std::move(said).finish(owner_.next_number());
        if (keeper != nullptr) {
            keeper->note(name_, finished);
        }
        return finished;
    });
}

kept_messages room::kept(std::uint64_t after, std::uint64_t until, std::size_t count) const {
    history* const keeper = owner_.kept();
    return keeper == nullptr ? kept_messages() : keeper->after(name_, after, until, count);
}

void room::release() {
    if (holders_.fetch_sub(1) == 1) {
        hand_over([] { return shared_message(); });
    }
}

// What is handed over is made under the lock: its number is its place in the order of the room.
template <class Make>
void room::hand_over(Make make) {
    boost::container::small_vector<shard*, 16> to_wake;
    {
        std::lock_guard const lock(mutex_);
        shared_message const message = make();
        for (place const& each : places_) {
            if (each.at->hand_over({each.seats, message, roster_.next_seat()})) {
                to_wake.push_back(each.at);
            }
        }
    }
    for (shard* const each : to_wake) {
        each->wake();
    }
}

// Numbers of this room are given under its lock: all up to the last one are kept already, and those
// that come are for this newcomer, too.
room::arrival room::enter(place const& where, bool is_first, std::uint64_t number,
                          std::string_view name) {
    std::lock_guard const lock(mutex_);
    if (is_first) {
        places_.push_back(where);
    }
    return {.seat = roster_.enter(number, name),
            .last_number = owner_.last_number_.load(),
            .news = notices_.changed(true, roster_.size())};
}

crowd_news room::leave(place const& where, bool was_last, std::uint64_t seat) {
    std::lock_guard const lock(mutex_);
    if (was_last) {
        std::erase_if(places_, [&](place const& each) { return each.at == where.at; });
    }
    roster_.leave(seat);
    return notices_.changed(false, roster_.size());
}

void room::rename(std::uint64_t seat, std::string_view name) {
    std::lock_guard const lock(mutex_);
    roster_.rename(seat, name);
}

}  // namespace trunkline::rooms
