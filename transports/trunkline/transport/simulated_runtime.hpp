// A runtime whose clock is a number: tests of hours take milliseconds, and run the same way every
// time.
#pragma once

#include <trunkline/transport/runtime.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <utility>

namespace trunkline::transport {

/// Work runs in the order of its due time, and at the same time in the order in which it was asked
/// for. Time moves only from one due time to the next. Everything made on it is destroyed before
/// it. One thread runs it; post() is safe from any thread (but then the order is that of the
/// threads).
class simulated_runtime final : public runtime {
public:
    simulated_runtime();
    ~simulated_runtime() override;

    [[nodiscard]] time_point now() const noexcept override;
    /// Starts at 2025-01-01 00:00 UTC and moves with now(), and when it is moved.
    [[nodiscard]] std::uint64_t wall_clock_us() const noexcept override;
    [[nodiscard]] std::unique_ptr<timer> after(duration delay, std::function<void()> work) override;
    void post(std::function<void()> work) override;

    /// As run_until(), for at most a day of its time; not inside of its own work.
    [[nodiscard]] bool wait_until(std::function<bool()> const& done) override;

    /// Runs the next piece of work, moving the clock to its time. False when there is none.
    bool run_one();

    /// Runs all that is due now, and what that makes due now. Time stands still, so timers and
    /// bytes still on their way stay where they are.
    void run_until_idle();

    /// Runs all that becomes due within `span`; afterwards exactly that time has passed.
    void run_for(duration span);

    /// Runs piece by piece until `done()`, but not beyond `at_most` from now. Returns done().
    bool run_until(std::function<bool()> const& done, duration at_most);

    /// Sets the wall clock forwards, or backwards by a negative number, not before 1970. now() goes
    /// on as ever.
    void move_wall_clock(duration by);

    /// Runs `count` more pieces of work, and not one beyond: what runs work then finds none, and
    /// time stands still. For tests of what might keep a loop busy for ever. Without a call there
    /// is no limit.
    void limit_steps(std::uint64_t count);

    /// Whether work was due, and was not run for that limit.
    [[nodiscard]] bool is_worn_out() const;

    /// Calls `ran` after each piece of work, at the time of that, whoever ran it: for those who
    /// count. What it holds outlives the last run. There is one at most: a later one takes the
    /// place of an earlier one, and an empty one is none.
    void watch(std::function<void()> ran) { ran_ = std::move(ran); }

    /// Pieces of work waiting: timers, posted work, events of pipes.
    [[nodiscard]] std::size_t pending() const;

private:
    class simulated_timer;
    using key = std::pair<time_point, std::uint64_t>;

    key schedule(duration delay, std::function<void()> work);
    void cancel(key const& which);
    bool run_next_until(time_point limit);
    void drop_work() noexcept;

    mutable std::mutex mutex_;  // guards what other threads touch: work_, next_ and the clocks
    std::map<key, std::function<void()>> work_;
    std::uint64_t next_ = 0;
    time_point now_{};
    duration wall_clock_{1'735'689'600'000'000};  // when now() begins: 2025-01-01 00:00 UTC
    std::function<void()> ran_;
    bool working_ = false;
    std::uint64_t steps_left_ = std::numeric_limits<std::uint64_t>::max();
    bool worn_out_ = false;
};

}  // namespace trunkline::transport
