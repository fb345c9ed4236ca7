// The members of one thread, and the inbox through which all that is said reaches them.
#pragma once

#include <trunkline/rooms/limits.hpp>
#include <trunkline/rooms/member.hpp>
#include <trunkline/rooms/message.hpp>
#include <trunkline/transport/runtime.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace trunkline::rooms {

/// What a shard did so far.
struct shard_counters {
    std::uint64_t handed_over = 0;  ///< things that came into the inbox
    std::uint64_t wakes = 0;        ///< of the loop
    std::uint64_t deliveries = 0;   ///< messages times members
    friend bool operator==(shard_counters const&, shard_counters const&) = default;
};

/// The members of one room on one shard.
struct seats_of_shard {
    shard& on;                                 ///< whose thread alone touches it
    std::shared_ptr<room> const of;            ///< the room
    std::vector<membership*> members{};        ///< in no order
    std::vector<shared_message> batch{};       ///< what is about to be delivered
    std::vector<std::uint64_t> batch_seats{};  ///< for each, the first seat that is not meant
    std::size_t batch_size = 0;                ///< of the messages, in bytes
    std::optional<transport::runtime::time_point> delivered_at{};  ///< the end of the last delivery
    std::unique_ptr<transport::timer> rest{};  ///< until then the batch waits; null: it does not
    std::size_t unrested = 0;                  ///< deliveries to come after a rest in vain
    bool is_meant = false;                     ///< by the drain under way
    bool is_retired = false;                   ///< nobody was left
};

/// One per thread. Made, used and destroyed there but for what says otherwise; destroyed after its
/// memberships, and once the loop runs no more and nobody publishes.
class shard {
public:
    /// `loop` outlives it.
    explicit shard(transport::runtime& loop, rest_limits const& rests = {}) noexcept
        : loop_(loop), rests_(rests) {}
    ~shard();
    shard(shard const&) = delete;
    shard& operator=(shard const&) = delete;

    /// Delivers what has come, in its order, each member's share of a room in one offer, but for
    /// rooms that rest (rest_limits). The loop does so by itself; whoever has published and is done
    /// for now may do it at once. Not from inside the functions of a member.
    void drain();

    /// What it did so far. Any thread.
    [[nodiscard]] shard_counters counters() const;

private:
    friend class membership;
    friend class room;

    /// For the inbox. Without a message: the room holds nobody back any more.
    struct handed {
        seats_of_shard* to;
        shared_message message;
        std::uint64_t first_seat_not_meant;
    };

    // Any thread. Under the lock of the room. True when wake() is to be called.
    [[nodiscard]] bool hand_over(handed what);
    // Any thread.
    void wake();

    [[nodiscard]] seats_of_shard& seats_for(std::shared_ptr<room> of);
    void retire(seats_of_shard& left);
    [[nodiscard]] bool may_rest(seats_of_shard const& of) const noexcept;
    void deliver_and_rest(seats_of_shard& to);
    void end_rest(seats_of_shard& of);
    void deliver(seats_of_shard& to);
    void open(seats_of_shard& to);
    void bury(std::vector<seats_of_shard*> const& retired);

    transport::runtime& loop_;
    rest_limits rests_;
    std::unordered_map<room const*, std::unique_ptr<seats_of_shard>> seats_;
    std::vector<seats_of_shard*> retired_;      // handed over to still, maybe
    std::vector<handed> taken_;                 // between two drains: empty
    std::vector<seats_of_shard*> meant_;        // by those; likewise
    std::atomic<std::uint64_t> deliveries_{0};  // written on its thread alone
    bool delivering_ = false;

    mutable std::mutex mutex_;  // of the inbox, held for a moment
    std::vector<handed> inbox_;
    bool woken_ = false;
    std::uint64_t handed_over_ = 0;
    std::uint64_t wakes_ = 0;
};

}  // namespace trunkline::rooms
