// For tests: a history on a disk in memory, on a clock of its own.
#pragma once

#include <trunkline/room_history/stored_history.hpp>
#include <trunkline/rooms/testing.hpp>
#include <trunkline/store/faulty_disk.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::room_history::testing {

struct history_world {
    explicit history_world(history_limits const& limits = {}) {
        options.limits_of = [limits](std::string_view) { return limits; };
        options.wall_clock_us = [this] { return now_us; };
        options.on_failure = [this](error_code why) { failures.push_back(why); };
    }

    void open() {
        options.on = disk.get();
        kept = stored_history::open("kept", options).value();
    }

    void restart() {
        kept.reset();
        open();
    }

    /// The process dies: its files are as the system has them.
    void kill() {
        auto left = disk->after_kill();
        kept.reset();
        disk = std::move(left);
        open();
    }

    /// Gives its number.
    std::uint64_t say(std::string_view room, std::string_view text) {
        kept->note(room, rooms::testing::draft(text).finish(++last_number));
        return last_number;
    }

    [[nodiscard]] std::vector<std::string> texts(std::string_view room, std::uint64_t after = 0) {
        std::vector<std::string> found;
        std::uint64_t at = after;
        for (;;) {
            auto const page = kept->after(room, at, UINT64_MAX, 64);
            if (page.messages.empty()) {
                return found;
            }
            for (auto const& each : page.messages) {
                found.emplace_back(as_text(each.said.bytes()));
            }
            at = page.messages.back().said.number();
        }
    }

    [[nodiscard]] std::uint64_t lost(std::string_view room) {
        return kept->after(room, 0, UINT64_MAX, 1).lost_up_to;
    }

    [[nodiscard]] std::uint64_t disk_size() const {
        std::uint64_t size = 0;
        for (auto const& each : disk->names()) {
            size += disk->content(each).size();
        }
        return size;
    }

    std::unique_ptr<store::faulty_disk> disk = std::make_unique<store::faulty_disk>();
    std::uint64_t now_us = 1'000'000'000'000;
    history_options options;
    std::vector<error_code> failures;
    std::unique_ptr<stored_history> kept;
    std::uint64_t last_number = 0;
};

}  // namespace trunkline::room_history::testing
