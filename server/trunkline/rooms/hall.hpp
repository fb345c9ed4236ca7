// All rooms of a process, by name.
#pragma once

#include <trunkline/rooms/bus.hpp>
#include <trunkline/rooms/history.hpp>
#include <trunkline/rooms/room.hpp>
#include <trunkline/rooms/slow_policy.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::rooms {

/// A room, and how many are in it.
struct room_presence {
    std::string name;         ///< of the room
    std::size_t members = 0;  ///< in it, on all shards
};

/// Outlives its rooms and shards. Any thread.
class hall {
public:
    /// `network` outlives the hall. `options_of` gives those of a room that is being made, from its
    /// name; any thread. `kept`, where there is one, outlives the hall, which goes on with its
    /// numbers.
    explicit hall(
        bus& network,
        std::function<room_options(std::string_view)> options_of =
            [](std::string_view) { return room_options{}; },
        history* kept = nullptr);
    ~hall();
    hall(hall const&) = delete;
    hall& operator=(hall const&) = delete;

    /// The room of that name, made when there is none. It goes with the last who holds it.
    [[nodiscard]] std::shared_ptr<room> open(std::string_view name);

    /// The room of that name; null when there is none.
    [[nodiscard]] std::shared_ptr<room> find(std::string_view name) const;

    /// At most `count` rooms that somebody is in, by name.
    [[nodiscard]] std::vector<room_presence> list(std::size_t count) const;

    /// Rooms that somebody holds.
    [[nodiscard]] std::size_t rooms() const;

    /// A number for a message that is said to nobody but one: as those of rooms, never given twice,
    /// from 1.
    [[nodiscard]] std::uint64_t next_number() {
        std::uint64_t const number = last_number_.fetch_add(1) + 1;
        if (number > reserved_.load(std::memory_order_acquire)) {
            reserve(number);
        }
        return number;
    }

    /// What was said in rooms; null where nothing is kept.
    [[nodiscard]] history* kept() noexcept { return history_; }

    /// The bus that carries what is said.
    [[nodiscard]] bus& network() noexcept { return network_; }

private:
    friend class room;

    void forget(std::string const& name);
    void reserve(std::uint64_t number);

    bus& network_;
    std::function<room_options(std::string_view)> const options_of_;
    history* const history_;
    std::atomic<std::uint64_t> last_number_;
    std::atomic<std::uint64_t> reserved_;  // numbers up to it may be given
    std::mutex reserving_;
    mutable std::mutex mutex_;  // of the rooms
    std::map<std::string, std::weak_ptr<room>, std::less<>> rooms_;
};

}  // namespace trunkline::rooms
