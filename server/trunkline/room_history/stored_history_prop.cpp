// Whatever is said, and whenever the process ends: a history keeps what a plain model keeps.
#include <trunkline/room_history/stored_history.hpp>

#include <trunkline/room_history/testing.hpp>

#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <map>

namespace trunkline::room_history {
namespace {

using namespace testing;

constexpr std::uint64_t tick_us = 1'000'000;

class plain_history {
public:
    plain_history(history_limits const& limits, std::size_t rooms_max)
        : limits_(limits), rooms_max_(rooms_max) {}

    void note(std::string const& room, std::uint64_t number, std::string const& text,
              std::uint64_t now_us) {
        if (!rooms_.contains(room) && rooms_.size() == rooms_max_) {
            rooms_.erase(std::min_element(rooms_.begin(), rooms_.end(), [](auto& a, auto& b) {
                return a.second.last < b.second.last;
            }));
        }
        auto& in = rooms_[room];
        in.last = number;
        in.messages.push_back({number, now_us, text});
        std::size_t size = 0;
        for (auto const& each : in.messages) {
            size += each.text.size();
        }
        while (in.messages.size() > limits_.messages_max || size > limits_.size_max) {
            size -= in.messages.front().text.size();
            in.lost_up_to = in.messages.front().number;
            in.messages.pop_front();
        }
    }

    std::vector<std::string> texts(std::string const& room, std::uint64_t after,
                                   std::uint64_t now_us) {
        std::vector<std::string> found;
        auto& in = rooms_[room];
        auto const age_us = static_cast<std::uint64_t>(limits_.age_max.count()) * 1000;
        for (; !in.messages.empty() && in.messages.front().now_us + age_us < now_us;) {
            in.lost_up_to = in.messages.front().number;
            in.messages.pop_front();
        }
        for (auto const& each : in.messages) {
            if (each.number > after) {
                found.push_back(each.text);
            }
        }
        return found;
    }

    [[nodiscard]] bool knows(std::string const& room) const { return rooms_.contains(room); }
    [[nodiscard]] std::uint64_t lost(std::string const& room) { return rooms_[room].lost_up_to; }

private:
    struct message {
        std::uint64_t number;
        std::uint64_t now_us;
        std::string text;
    };
    struct room_of_it {
        std::deque<message> messages;
        std::uint64_t last = 0;
        std::uint64_t lost_up_to = 0;
    };
    history_limits limits_;
    std::size_t rooms_max_;
    std::map<std::string, room_of_it> rooms_;
};

RC_GTEST_PROP(stored_history_prop, keeps_what_a_plain_model_keeps, ()) {
    history_limits const limits{
        .messages_max = *rc::gen::inRange<std::size_t>(1, 12),
        .age_max = std::chrono::seconds(*rc::gen::inRange(1, 40)),
        .size_max = *rc::gen::inRange<std::size_t>(50, 400),
    };
    std::size_t const rooms_max = *rc::gen::element<std::size_t>(2, 100);
    history_world world(limits);
    world.options.rooms_max = rooms_max;
    world.options.waste_max = *rc::gen::inRange<std::uint64_t>(100, 3000);
    world.open();
    plain_history model(limits, rooms_max);
    int const steps = *rc::gen::inRange(1, 150);
    for (int step = 0; step < steps; ++step) {
        std::string const room(1, *rc::gen::inRange('a', 'f'));
        int const what = *rc::gen::inRange(0, 20);
        if (what < 14) {
            std::string const text(*rc::gen::inRange<std::size_t>(1, 120), 'x');
            model.note(room, world.say(room, text), text, world.now_us);
        } else if (what < 16) {
            world.now_us += *rc::gen::inRange<std::uint64_t>(0, 20) * tick_us;
        } else if (what < 17) {
            world.kill();
        } else if (what < 18) {
            world.restart();
        } else if (model.knows(room)) {
            std::uint64_t const after = *rc::gen::inRange<std::uint64_t>(0, world.last_number + 1);
            RC_ASSERT(world.texts(room, after) == model.texts(room, after, world.now_us));
            if (rooms_max == 100) {
                RC_ASSERT(world.lost(room) == model.lost(room));
            }
        } else {
            RC_ASSERT(world.texts(room).empty());
        }
    }
    RC_ASSERT(world.failures.empty());
}

}  // namespace
}  // namespace trunkline::room_history
