// Somebody who chats: a number, a name, rooms, and what becomes of each wish. Knows no connection.
#pragma once

#include <trunkline/chat/house.hpp>
#include <trunkline/chat/intent.hpp>
#include <trunkline/rooms/member.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::chat {

/// Lives on the thread of its desk. What it says is delivered by the next drain of its shard. Takes
/// memory beside itself for a name of its own and for rooms that it has joined.
class chatter : public rooms::member {
public:
    /// Gets its number, is welcomed, gets what is kept of `room` behind the message `after`, where
    /// it asks for that, and is announced there. `port`: of its peer.
    void arrive(std::uint16_t port, std::string_view room, std::optional<std::uint64_t> after = {});

    /// Does what it wishes, where that is allowed; else nothing.
    void act(intent const& wanted);

    /// Leaves all rooms, and says so there where `says_so`. Nothing when it has left.
    void depart(bool says_so);

    /// Its own one, or that of its number.
    [[nodiscard]] std::string name() const;

    /// Its connection number, from 1.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

    /// False while one of its rooms holds publishers back: on_open() says when none does.
    [[nodiscard]] bool may_speak() noexcept;

    [[nodiscard]] rooms::shared_message tell_missed(rooms::room const& where,
                                                    rooms::missed_messages const& missed) override;

protected:
    chatter() noexcept = default;
    ~chatter();

    /// Always the same.
    [[nodiscard]] virtual desk const& at_desk() const noexcept = 0;

private:
    using joined_rooms = std::vector<std::unique_ptr<rooms::membership>>;

    [[nodiscard]] rooms::message_draft draft(chat_wire::message_type type, std::string_view text,
                                             rooms::room const& where) const;
    void announce(rooms::room& in, rooms::message_draft notice, bool to_everybody);
    void announce_counts(rooms::room& in, rooms::crowd_news const& news);
    void enter(rooms::membership& seat, std::shared_ptr<rooms::room> into,
               std::optional<std::uint64_t> after = {});
    void leave(rooms::membership& seat, bool says_so);
    void say(intent const& wanted);
    void rename(std::string_view to);
    void answer_ping(std::string_view room);
    void join(std::string_view room, std::optional<std::uint64_t> after);
    void leave_joined(std::string_view room);
    [[nodiscard]] joined_rooms::iterator find_joined(std::string_view room) const;
    [[nodiscard]] rooms::room& place_to_speak(std::string_view room) const;

    rooms::membership home_;  // the room it started in
    std::uint64_t number_ = 0;
    std::unique_ptr<std::string> name_;     // null: that of its number
    std::unique_ptr<joined_rooms> joined_;  // null: none
    std::uint16_t port_ = 0;
};

}  // namespace trunkline::chat
