// For tests: members that are scripted, and messages that are text.
#pragma once

#include <trunkline/rooms/hall.hpp>
#include <trunkline/rooms/local_bus.hpp>
#include <trunkline/rooms/member.hpp>
#include <trunkline/rooms/shard.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::rooms::testing {

inline message_draft draft(std::string_view text) {
    message_draft made(text.size());
    std::copy_n(as_bytes(text).begin(), text.size(), made.bytes().begin());
    return made;
}

inline void say(room& in, std::string_view text) {
    in.publish(draft(text));
}

/// Takes `takes` messages more, and remembers all that happens to it.
class scripted_member final : public member {
public:
    static constexpr std::size_t everything = SIZE_MAX;

    explicit scripted_member(std::size_t takes_at_first = everything) : takes(takes_at_first) {}

    std::size_t offer(std::span<shared_message const> messages) override {
        ++offers;
        std::size_t const taken = std::min(messages.size(), takes);
        for (shared_message const& each : messages.first(taken)) {
            heard.emplace_back(as_text(each.bytes()));
            numbers.push_back(each.number());
        }
        takes -= takes == everything ? 0 : taken;
        return taken;
    }

    void on_overflow() override { ++overflows; }

    shared_message tell_missed(room const& where, missed_messages const& missed) override {
        return draft("missed " + std::to_string(missed.count) + " in " + where.name() + ": " +
                     std::to_string(missed.from) + "-" + std::to_string(missed.to))
            .finish(0);
    }

    void on_open() override { ++openings; }

    /// Goes on, for that many messages.
    void take_more(std::size_t more) {
        takes = more;
        resume();
    }

    std::vector<std::string> heard;
    std::vector<std::uint64_t> numbers;
    std::size_t takes;
    std::size_t offers = 0;
    std::size_t overflows = 0;
    std::size_t openings = 0;
};

/// Keeps the last of each room in memory.
class plain_history final : public history {
public:
    void note(std::string_view room, shared_message const& said) override {
        std::lock_guard const lock(mutex);
        auto& in = rooms[std::string(room)];
        in.push_back(said);
        while (in.size() > keeps) {
            lost[std::string(room)] = in.front().number();
            in.pop_front();
        }
    }

    kept_messages after(std::string_view room, std::uint64_t after, std::uint64_t until,
                        std::size_t count) override {
        std::lock_guard const lock(mutex);
        kept_messages found{.messages = {}, .lost_up_to = lost[std::string(room)]};
        for (auto const& each : rooms[std::string(room)]) {
            if (each.number() > after && each.number() <= until && found.messages.size() < count) {
                found.messages.push_back({each, 0});
            }
        }
        given += found.messages.size();
        return found;
    }

    std::uint64_t reserved_numbers() override { return reserved; }
    void reserve_numbers(std::uint64_t up_to) override { reserved = up_to; }

    std::mutex mutex;
    std::map<std::string, std::deque<shared_message>> rooms;
    std::map<std::string, std::uint64_t> lost;
    std::size_t keeps = SIZE_MAX;
    std::size_t given = 0;
    std::uint64_t reserved = 0;
};

/// A member in a room; the membership goes first.
struct guest {
    explicit guest(std::size_t takes = scripted_member::everything) : is(takes) {}

    scripted_member is;
    membership in;
};

/// One hall, and shards on virtual time: all on the thread of the test.
struct test_world {
    explicit test_world(room_options const& options = {}, std::size_t shard_count = 1,
                        history* kept = nullptr)
        : all(network, [options](std::string_view) { return options; }, kept) {
        for (std::size_t i = 0; i < shard_count; ++i) {
            loops.push_back(std::make_unique<transport::simulated_runtime>());
            shards.push_back(std::make_unique<shard>(*loops.back()));
        }
    }
    ~test_world() {
        run();
        shards.clear();
    }
    test_world(test_world const&) = delete;
    test_world& operator=(test_world const&) = delete;

    crowd_news enter(guest& who, std::string_view where, std::size_t on = 0,
                     std::uint64_t number = 1, std::string_view name = {}) {
        return who.in.join(*shards[on], all.open(where), who.is, number, name);
    }

    void run() {
        for (auto const& each : loops) {
            each->run_until_idle();
        }
    }

    /// Of all shards together.
    [[nodiscard]] shard_counters counters() const {
        shard_counters sum;
        for (auto const& each : shards) {
            auto const own = each->counters();
            sum.handed_over += own.handed_over;
            sum.wakes += own.wakes;
            sum.deliveries += own.deliveries;
        }
        return sum;
    }

    local_bus network;
    hall all;
    std::vector<std::unique_ptr<transport::simulated_runtime>> loops;
    std::vector<std::unique_ptr<shard>> shards;
};

}  // namespace trunkline::rooms::testing
