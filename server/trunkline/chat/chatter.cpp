#include <trunkline/chat/chatter.hpp>

#include <trunkline/chat/room_choice.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::chat {

using chat_wire::message_type;

chatter::~chatter() = default;

std::string chatter::name() const {
    if (name_ != nullptr) {
        return *name_;
    }
    auto const words = at_desk().of.speaks.words();
    return chat_wire::default_name(words, words == chat_wire::wording::plain ? port_ : number_);
}

// Coming and going

// The welcome has the lower number, and is the first that a newcomer gets.
void chatter::arrive(std::uint16_t port, std::string_view room,
                     std::optional<std::uint64_t> after) {
    house& of = at_desk().of;
    number_ = of.last_connection.fetch_add(1) + 1;
    port_ = port;
    auto into = of.hall.open(room);
    std::string const welcome = chat_wire::welcome_text(of.speaks.words(), name(), number_);
    tell(draft(message_type::system, welcome, *into).finish(of.hall.next_number()));
    enter(home_, std::move(into), after);
}

void chatter::enter(rooms::membership& seat, std::shared_ptr<rooms::room> into,
                    std::optional<std::uint64_t> after) {
    auto const words = at_desk().of.speaks.words();
    rooms::room& where = *into;
    auto const number = words == chat_wire::wording::plain ? port_ : number_;
    auto const news = seat.join(at_desk().shard, std::move(into), *this, number,
                                name_ == nullptr ? std::string_view() : *name_, after);
    announce(where, draft(message_type::join, chat_wire::joined_text(words, name()), where),
             news.to_everybody);
    announce_counts(where, news);
}

void chatter::leave(rooms::membership& seat, bool says_so) {
    rooms::room& where = seat.where();  // there until the next drain
    auto const words = at_desk().of.speaks.words();
    auto const news = seat.leave();
    if (says_so && news.to_everybody) {
        where.publish(draft(message_type::leave, chat_wire::left_text(words, name()), where));
    }
    if (says_so) {
        announce_counts(where, news);
    }
}

void chatter::depart(bool says_so) {
    if (joined_ != nullptr) {
        for (auto const& each : *joined_) {
            leave(*each, says_so);
        }
        joined_.reset();
    }
    if (home_) {
        leave(home_, says_so);
    }
    name_.reset();
}

// Wishes

void chatter::act(intent const& wanted) {
    switch (wanted.what) {
        case wish::nothing:
            break;
        case wish::say:
            say(wanted);
            break;
        case wish::rename:
            rename(as_text(wanted.text));
            break;
        case wish::ping:
            answer_ping(wanted.room);
            break;
        case wish::join:
            join(wanted.room, after_of(as_text(wanted.text)));
            break;
        case wish::leave:
            leave_joined(wanted.room);
            break;
    }
}

void chatter::say(intent const& wanted) {
    rooms::room& where = place_to_speak(wanted.room);
    std::string const who = name();
    auto said = at_desk().of.speaks.say({.type = message_type::chat,
                                         .user = number_,
                                         .username = who,
                                         .text = wanted.text,
                                         .room = where.name()},
                                        at_desk().loop.wall_clock_us());
    said.keep();
    where.publish(std::move(said));
}

void chatter::rename(std::string_view to) {
    std::string const text = chat_wire::renamed_text(at_desk().of.speaks.words(), name(), to);
    name_ = std::make_unique<std::string>(to);
    auto const tell_room = [&](rooms::membership& seat) {
        rooms::room& where = seat.where();
        seat.rename(to);
        announce(where, draft(message_type::system, text, where), where.is_small());
    };
    tell_room(home_);
    if (joined_ != nullptr) {
        for (auto const& each : *joined_) {
            tell_room(*each);
        }
    }
}

void chatter::answer_ping(std::string_view room) {
    rooms::room& where = place_to_speak(room);
    announce(where,
             at_desk().of.speaks.say({.type = message_type::pong,
                                      .user = number_,
                                      .username = {},
                                      .text = {},
                                      .room = where.name()},
                                     at_desk().loop.wall_clock_us()),
             where.is_small());
}

void chatter::join(std::string_view room, std::optional<std::uint64_t> after) {
    bool const is_new = room != home_.where().name() && room != chat_wire::general_room;
    if (!is_new || !is_room_name(room)) {
        return;
    }
    if (joined_ == nullptr) {
        joined_ = std::make_unique<joined_rooms>();
    }
    if (find_joined(room) == joined_->end() && joined_->size() < rooms_joined_max) {
        enter(*joined_->emplace_back(std::make_unique<rooms::membership>()),
              at_desk().of.hall.open(room), after);
    }
}

void chatter::leave_joined(std::string_view room) {
    if (joined_ == nullptr) {
        return;
    }
    if (auto const found = find_joined(room); found != joined_->end()) {
        leave(**found, true);
        joined_->erase(found);
    }
}

// Rooms

chatter::joined_rooms::iterator chatter::find_joined(std::string_view room) const {
    return std::find_if(joined_->begin(), joined_->end(),
                        [&](auto const& each) { return each->where().name() == room; });
}

rooms::room& chatter::place_to_speak(std::string_view room) const {
    if (joined_ != nullptr) {
        if (auto const found = find_joined(room); found != joined_->end()) {
            return (*found)->where();
        }
    }
    return home_.where();
}

bool chatter::may_speak() noexcept {
    bool may = home_.may_publish();
    if (joined_ != nullptr) {
        for (auto const& each : *joined_) {
            may = each->may_publish() && may;
        }
    }
    return may;
}

// What the server says

rooms::message_draft chatter::draft(message_type type, std::string_view text,
                                    rooms::room const& where) const {
    return at_desk().of.speaks.say({.type = type, .text = as_bytes(text), .room = where.name()},
                                   at_desk().loop.wall_clock_us());
}

void chatter::announce(rooms::room& in, rooms::message_draft notice, bool to_everybody) {
    if (to_everybody) {
        in.publish(std::move(notice));
    } else {
        tell(std::move(notice).finish(at_desk().of.hall.next_number()));
    }
}

void chatter::announce_counts(rooms::room& in, rooms::crowd_news const& news) {
    if (news.counts) {
        in.publish(draft(message_type::system,
                         chat_wire::counts_text(at_desk().of.speaks.words(), news.counts->members,
                                                news.counts->joined, news.counts->left),
                         in));
    }
}

rooms::shared_message chatter::tell_missed(rooms::room const& where,
                                           rooms::missed_messages const& missed) {
    return draft(message_type::system,
                 chat_wire::missed_text(at_desk().of.speaks.words(), missed.count), where)
        .finish(at_desk().of.hall.next_number());
}

}  // namespace trunkline::chat
