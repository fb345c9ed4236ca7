// Who writes next. One thread has the turn; it does its own call and those of the threads that came
// meanwhile, and hands the turn on.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/store/appender.hpp>
#include <trunkline/store/durability.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace trunkline::store {

/// One call that appends. What it points to stays valid until it is done.
struct write_call {
    std::span<record const> entries;         ///< to be appended,
    std::span<std::uint64_t const> removed;  ///< or hashes of keys to be deleted where they live
    durability level = durability::os;
    result<std::uint64_t> done{std::uint64_t{0}};  ///< the tail, once somebody has done it

    /// Entries that it appends at most.
    [[nodiscard]] std::size_t size() const noexcept { return entries.size() + removed.size(); }
};

/// Calls of one gather write at most.
inline constexpr std::size_t group_calls_max = 256;

/// Entries of one gather write with more than one call at most.
inline constexpr std::size_t group_entries_max = 4096;

/// Gather writes that a thread does for others before it hands the turn on and returns. Those that
/// wait for the disk are handed on at once.
inline constexpr int rounds_for_others_max = 4;

/// First come, first served. A waiting thread costs no memory but its stack. Any thread.
class write_queue {
public:
    write_queue() { taken_.reserve(group_calls_max); }

    /// Waits until somebody has done `mine` (false), or until the caller has the turn (true); then
    /// `group` holds `mine` and what may be done with it, and next() follows.
    [[nodiscard]] bool enter(write_call& mine, std::vector<write_call*>& group);

    /// By the thread that has the turn, when all of the group is done. True: `group` holds what is
    /// to be done next. False: the turn has been handed on.
    [[nodiscard]] bool next(std::vector<write_call*>& group, int rounds_done);

    /// The turn for something that nothing can be combined with.
    class turn {
    public:
        explicit turn(write_queue& of) : of_(of) { of_.enter_alone(); }
        turn(turn const&) = delete;
        turn& operator=(turn const&) = delete;
        ~turn() { of_.leave(); }

    private:
        write_queue& of_;
    };

    /// True when `one` may be done together with `group`, which has so many entries.
    [[nodiscard]] static bool fits(write_call const& one, std::span<write_call* const> group,
                                   std::size_t entries) noexcept;

    /// Calls that wait for their turn.
    [[nodiscard]] std::size_t waiting() const;

private:
    enum class state : std::uint8_t { waiting, leading, done };
    struct waiter {
        write_call* call;  // null: wants the turn for itself
        state now = state::waiting;
        waiter* next = nullptr;
        std::condition_variable told{};
    };

    void enter_alone();
    void leave();
    void wait_in_line(waiter& self, std::unique_lock<std::mutex>& lock);
    waiter& take_first();
    void gather(std::vector<write_call*>& group);
    void hand_on();

    // Without others, a turn costs two exchanges and no lock. The line is not empty only while the
    // turn is wanted.
    enum class turn_state : std::uint8_t { free, taken, wanted };
    [[nodiscard]] bool try_enter() noexcept;
    [[nodiscard]] bool try_leave() noexcept;
    [[nodiscard]] bool want_turn() noexcept;

    std::atomic<turn_state> turn_{turn_state::free};
    mutable std::mutex mutex_;
    waiter* first_ = nullptr;
    waiter* last_ = nullptr;
    std::size_t waiting_ = 0;
    std::vector<waiter*> taken_;  // whose calls the one with the turn is doing
};

}  // namespace trunkline::store
