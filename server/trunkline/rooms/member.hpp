// Somebody who is in rooms: where what is said there goes, and what becomes of it when that is too
// slow.
#pragma once

#include <trunkline/rooms/crowd_notices.hpp>
#include <trunkline/rooms/message.hpp>
#include <trunkline/rooms/slow_policy.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace trunkline::rooms {

class room;
class shard;
class waiting_queue;
struct seats_of_shard;

/// 24 bytes while it keeps up. Lives on the thread of its shard, as its memberships do. From inside
/// the functions that it implements nobody joins, leaves or is destroyed on this shard; what is
/// published there is delivered later.
class member {
public:
    member() noexcept;
    member(member const&) = delete;
    member& operator=(member const&) = delete;

    /// Takes a prefix of the messages, and gives how many. What it does not take waits, and no
    /// more is offered before resume(). One that it has begun to send is taken.
    [[nodiscard]] virtual std::size_t offer(std::span<shared_message const> messages) = 0;

    /// More waits than may: nothing is offered any more, and what waited is gone. Once.
    virtual void on_overflow() = 0;

    /// Makes the message that tells a member what it has not got; an empty one tells nothing.
    [[nodiscard]] virtual shared_message tell_missed(room const& where,
                                                     missed_messages const& missed) = 0;

    /// A room that held it back (membership::may_publish) does so no more.
    virtual void on_open() = 0;

    /// For it alone, behind what it was offered before. As said in a room of policy close.
    void tell(shared_message const& said);

    /// It takes messages again: offers what waits.
    void resume();

    /// Whether anything waits to be offered.
    [[nodiscard]] bool has_waiting() const noexcept { return waiting_ != nullptr; }

    /// Bytes that wait to be offered.
    [[nodiscard]] std::size_t waiting_size() const noexcept;

protected:
    ~member();

private:
    friend class membership;
    friend class shard;

    void take(std::span<shared_message const> said, room* of);
    void catch_up(room& in, std::uint64_t after, std::uint64_t until);
    void forget(room& left);

    std::unique_ptr<waiting_queue> waiting_;
    bool is_closed_ = false;  // more waited than may
};

/// That a member is in a room. 32 bytes. Destroying it leaves, in silence.
class membership {
public:
    membership() noexcept = default;
    membership(membership const&) = delete;
    membership& operator=(membership const&) = delete;
    ~membership();

    /// `who`, which outlives the membership, gets what is said from now on, on the thread of `on`.
    /// `number` and `name` (empty: none of its own) are for presence. Not while it is in a room.
    /// Gives what there is to be told of it. With `after` it first gets what is kept of the room
    /// behind that number (0: everything that is kept), and all in order, each once. What is kept
    /// no more is told by tell_missed(), its count not known. A number that was not given by then
    /// is of another history, and counts as 0.
    [[nodiscard]] crowd_news join(shard& on, std::shared_ptr<room> into, member& who,
                                  std::uint64_t number, std::string_view name,
                                  std::optional<std::uint64_t> after = {});

    /// Gives what there is to be told of it; only while it is in a room.
    [[nodiscard]] crowd_news leave();

    /// Whether it is in a room.
    [[nodiscard]] explicit operator bool() const noexcept { return at_ != nullptr; }

    /// The room that it is in.
    [[nodiscard]] room& where() const noexcept;

    /// It goes by another name; empty: by its number.
    void rename(std::string_view name);

    /// False while the room holds publishers back: member::on_open() says when it does so no more.
    [[nodiscard]] bool may_publish() noexcept;

private:
    friend class shard;

    member* who_ = nullptr;
    seats_of_shard* at_ = nullptr;
    std::uint64_t seat_ = 0;
    std::uint32_t index_ = 0;  // among those of its shard
    bool waits_ = false;       // for the room to open
};

}  // namespace trunkline::rooms
