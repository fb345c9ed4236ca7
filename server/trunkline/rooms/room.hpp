// One room of a process: who is in it, and the one order in which all of them hear what is said.
#pragma once

#include <trunkline/rooms/bus.hpp>
#include <trunkline/rooms/crowd_notices.hpp>
#include <trunkline/rooms/history.hpp>
#include <trunkline/rooms/message.hpp>
#include <trunkline/rooms/roster.hpp>
#include <trunkline/rooms/slow_policy.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::rooms {

class hall;
class shard;
struct seats_of_shard;

/// Made by hall::open(), and there as long as anybody holds it. Any thread. What is said gets its
/// number under the lock of the room, and is handed to each shard that has members here, once: so
/// all members hear the same order, whatever their shard.
class room final : private bus_subscriber {
public:
    ~room();
    room(room const&) = delete;
    room& operator=(room const&) = delete;

    /// As it was opened.
    [[nodiscard]] std::string const& name() const noexcept { return name_; }

    /// As it was made.
    [[nodiscard]] room_options const& options() const noexcept { return options_; }

    /// Says it to all who are members now, over the bus.
    void publish(message_draft said) { topic_->publish(std::move(said)); }

    /// How many are in it, on all shards of this process.
    [[nodiscard]] std::size_t members() const;

    /// Whether everybody is told who comes and goes, and hears every pong.
    [[nodiscard]] bool is_small() const;

    /// At most `count` members behind the seat `after` (0: from the first), in the order of coming.
    [[nodiscard]] std::vector<present_member> page(std::uint64_t after, std::size_t count) const;

    /// What is kept of it of the numbers above `after`, up to `until`: as history::after(). Nothing
    /// where the hall has no history.
    [[nodiscard]] kept_messages kept(std::uint64_t after, std::uint64_t until,
                                     std::size_t count) const;

    /// True while a member whose room waits for it is too far behind: publishers read no more from
    /// their peers. What was read already may be published.
    [[nodiscard]] bool is_held_back() const noexcept { return holders_.load() > 0; }

private:
    friend class hall;
    friend class membership;
    friend class waiting_queue;

    /// Where some of the members are.
    struct place {
        shard* at;
        seats_of_shard* seats;
    };

    room(hall& owner, std::string_view name, room_options const& options);

    void on_said(message_draft said) override;
    template <class Make>
    void hand_over(Make make);
    void hold_back() noexcept { holders_.fetch_add(1); }
    void release();

    /// The place of a newcomer in the order of what is said.
    struct arrival {
        std::uint64_t seat;
        std::uint64_t last_number;  // said before
        crowd_news news;
    };

    [[nodiscard]] arrival enter(place const& where, bool is_first, std::uint64_t number,
                                std::string_view name);
    [[nodiscard]] crowd_news leave(place const& where, bool was_last, std::uint64_t seat);
    void rename(std::uint64_t seat, std::string_view name);

    hall& owner_;
    std::string const name_;
    room_options const options_;
    std::atomic<std::size_t> holders_{0};  // members that hold publishers back
    mutable std::mutex mutex_;             // of all below but the topic
    std::vector<place> places_;
    roster roster_;
    crowd_notices notices_;
    std::unique_ptr<bus_topic> topic_;
};

}  // namespace trunkline::rooms
