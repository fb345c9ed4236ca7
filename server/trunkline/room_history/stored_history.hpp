// The history of rooms in two files of the store: what somebody has heard is there after the server
// was killed.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/room_history/limits.hpp>
#include <trunkline/rooms/history.hpp>
#include <trunkline/store/file.hpp>
#include <trunkline/store/open_report.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

namespace trunkline::room_history {

/// The time of this machine, in microseconds since 1970 UTC. Any thread.
[[nodiscard]] std::uint64_t system_clock_us();

/// How a history is kept.
struct history_options {
    /// Of a room, asked for when it is first spoken in; any thread.
    std::function<history_limits(std::string_view)> limits_of = [](std::string_view) {
        return history_limits{};
    };
    std::size_t rooms_max = history_rooms_max;  ///< as that says
    /// Names what the bytes of messages are: those of another layout are dropped when it is opened.
    std::uint32_t layout = 0;
    std::uint64_t waste_max = history_waste_max;  ///< as that says
    /// The time, in microseconds since 1970 UTC; any thread.
    std::function<std::uint64_t()> wall_clock_us = system_clock_us;
    /// The disk has failed: from now on nothing more is kept, and rooms go on. Once, under the lock
    /// of a room; any thread.
    std::function<void(error_code)> on_failure = [](error_code) {};
    store::disk* on = nullptr;  ///< where the files lie; null: the file system of this machine
};

/// Any thread. A message costs one write, into the memory of the system: it survives the death of
/// the process, and with the last seconds missing, as the system does it, a loss of power.
///
/// What is kept lies in NAME.0 and NAME.1. Each takes, beside `waste_max`, at most three times what
/// is kept; memory is 24 bytes for each message that is kept, and the indexes of the files.
class stored_history final : public rooms::history {
public:
    /// Opens the files NAME.0 and NAME.1, or makes them, and drops what is not within the limits.
    /// Fails as store::store::open() does; `report`, when given, can explain it.
    [[nodiscard]] static result<std::unique_ptr<stored_history>> open(
        std::filesystem::path const& name, history_options options,
        store::open_report* report = nullptr);

    ~stored_history() override;
    stored_history(stored_history const&) = delete;
    stored_history& operator=(stored_history const&) = delete;

    void note(std::string_view room, rooms::shared_message const& said) override;

    /// What is damaged is kept no more, nor what came before it.
    [[nodiscard]] rooms::kept_messages after(std::string_view room, std::uint64_t after,
                                             std::uint64_t until, std::size_t count) override;

    [[nodiscard]] std::uint64_t reserved_numbers() override;

    void reserve_numbers(std::uint64_t up_to) override;

private:
    class implementation;
    explicit stored_history(std::unique_ptr<implementation> made) noexcept;

    std::unique_ptr<implementation> implementation_;
};

}  // namespace trunkline::room_history
