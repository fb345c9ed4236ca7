// What waits for one member that does not take it, within its bound (slow_policy.hpp).
#pragma once

#include <trunkline/rooms/message.hpp>
#include <trunkline/rooms/room.hpp>
#include <trunkline/rooms/slow_policy.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace trunkline::rooms {

/// There only while something waits: a member that keeps up has none. Used on the thread of its
/// member. Rooms are known by their address, until they are forgotten.
class waiting_queue {
public:
    /// Makes the message that tells what was missed; without one nothing is told.
    using teller = std::function<shared_message(room const&, missed_messages const&)>;

    waiting_queue() = default;
    waiting_queue(waiting_queue const&) = delete;
    waiting_queue& operator=(waiting_queue const&) = delete;
    ~waiting_queue();

    /// Adds what was said in `of`, or to the member alone where there is none, and does what the
    /// policy of the room says. False when the member is to be closed: nothing was added.
    [[nodiscard]] bool add(shared_message const& said, room* of);

    /// What is kept of the room of the numbers above `after`, up to `until`, is the next that the
    /// member gets of it. It is read page by page as it is taken, and counts for no bound.
    void add_history(room& of, std::uint64_t after, std::uint64_t until);

    /// The oldest, in their order, as many as `out` has room for, or less; 0 only when nothing
    /// waits. Before the first message of a room behind a gap stands what `tell` makes of the gap.
    [[nodiscard]] std::size_t peek(std::span<shared_message> out, teller const& tell);

    /// The first `count` of those that peek() gave were taken.
    void pop(std::size_t count);

    /// The member has left the room: what was said there goes on waiting, and holds nobody back.
    void forget(room& left);

    /// Bytes that wait.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Messages that wait.
    [[nodiscard]] std::size_t count() const noexcept { return messages_.size(); }

private:
    struct entry {
        shared_message message;  // none: the place of a history
        room* of;
    };
    struct history_wish {
        room* of;
        std::uint64_t after;
        std::uint64_t until;
    };

    [[nodiscard]] bool has_page(teller const& tell);
    void read_page(history_wish& wish, teller const& tell);

    [[nodiscard]] bool exceeds(queue_limits const& limits, std::size_t more) const noexcept;
    [[nodiscard]] bool exceeds_without_largest(queue_limits const& limits,
                                               std::size_t more) const noexcept;
    bool drop_oldest(room& of);
    void note_missed(room& of, std::uint64_t number);
    [[nodiscard]] bool has_gap_before(entry const& next) const noexcept;
    void tell_gap(room& of, teller const& tell);
    void hold_back(room& of);
    void let_publish();

    std::deque<entry> messages_;
    std::deque<history_wish> wishes_;  // one for each place, in their order
    std::deque<shared_message> page_;  // of the first of them, which is in front then
    std::size_t size_ = 0;
    std::vector<std::pair<room*, missed_messages>> gaps_;
    std::vector<room*> held_back_;
};

}  // namespace trunkline::rooms
