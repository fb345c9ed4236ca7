// What a closed loop of calls takes, for as long as it is measured.
#pragma once

#include <trunkline/load/histogram.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>

namespace trunkline::bench {

using clock = std::chrono::steady_clock;

/// One closed loop: so many calls under way at once, each with so many bytes there and back.
struct load_shape {
    std::size_t size = 16;
    std::size_t depth = 1;
    double warm_up = 0.2;  ///< seconds before anything is counted
    double seconds = 1;    ///< for which answers are counted
};

/// What was found.
struct figures {
    double calls_per_second = 0;
    double server_cpu_us = 0;  ///< CPU time of the server's thread for one call
    double p50_us = 0;         ///< from a call to its answer, as the caller sees it
};

/// Counts answers. On the thread of the caller.
class meter {
public:
    /// `server`: CPU time of the thread that answers.
    meter(load_shape const& shape, clockid_t server);

    /// An answer came to a call that was made at `begun`.
    void answered(clock::time_point begun);

    /// Whether another call is to follow an answer.
    [[nodiscard]] bool goes_on() const noexcept { return !over_; }

    [[nodiscard]] figures found() const;

private:
    clockid_t server_;
    clock::time_point begin_;
    clock::time_point end_;
    std::chrono::nanoseconds cpu_{};  // at the begin, then of all
    std::uint64_t count_ = 0;
    load::histogram latencies_;
    bool counting_ = false;
    bool over_ = false;
};

}  // namespace trunkline::bench
