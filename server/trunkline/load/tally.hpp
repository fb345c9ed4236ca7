// What a run counts.
#pragma once

#include <trunkline/load/histogram.hpp>
#include <trunkline/transport/runtime.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::load {

/// Different causes of failures that are told apart; further ones are counted as "other".
inline constexpr std::size_t causes_max = 64;

/// Bytes of a cause; what a server says in addition is cut off.
inline constexpr std::size_t cause_size_max = 200;

/// Messages and the bytes in them, without what carries them.
struct traffic {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;

    /// Counts a message, or what came of one.
    void add(std::uint64_t message_count, std::uint64_t size) noexcept {
        messages += message_count;
        bytes += size;
    }

    /// Counts all that `other` has counted.
    void add(traffic const& other) noexcept { add(other.messages, other.bytes); }
};

/// One second of a run, or what there was of the last one.
struct second {
    std::uint64_t sent = 0;      ///< messages
    std::uint64_t received = 0;  ///< messages
    std::uint64_t worst_us = 0;  ///< the longest latency of those that were measured in it
};

/// Single-threaded. Times in microseconds.
class tally {
public:
    std::uint64_t opened = 0;                ///< connections
    std::uint64_t unopened = 0;              ///< connections that could not be made
    std::uint64_t lost = 0;                  ///< connections that ended before the run
    std::uint64_t due = 0;                   ///< messages, by the schedule
    traffic sent;                            ///< given to the system
    traffic received_before;                 ///< while connections were opened
    traffic received;                        ///< since then, whatever came
    histogram connects;                      ///< from when a connection was due to its upgrade
    histogram latencies;                     ///< from when a message was due to its answer
    std::uint64_t longest_us = 0;            ///< latency, exactly
    transport::runtime::duration opening{};  ///< from the first connect to the last
    transport::runtime::duration elapsed{};  ///< from the begin to the last answer
    std::vector<second> seconds;             ///< of the run

    /// An answer to what was due at `due`.
    void answered(transport::runtime::time_point due_at, transport::runtime::time_point now);

    /// `count` failures of one cause.
    void fail(std::string_view cause, std::uint64_t count = 1);

    /// How many of each cause.
    [[nodiscard]] std::map<std::string, std::uint64_t, std::less<>> const& causes() const noexcept {
        return causes_;
    }

    /// Failures of whatever cause.
    [[nodiscard]] std::uint64_t failures() const noexcept;

    /// A second has passed, or the run is over: what has been counted since the last call goes to
    /// `seconds`.
    void end_second();

    /// Adds what another part of the same run has counted, second by second. No second is open
    /// in either.
    void add(tally const& other);

private:
    std::map<std::string, std::uint64_t, std::less<>> causes_;
    second before_;  // sums up to the last end_second()
    std::uint64_t worst_us_ = 0;
};

}  // namespace trunkline::load
