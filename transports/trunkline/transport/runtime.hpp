// All that drivers, timers and the kit see of the world: time, work for later, and readiness of
// handles.
#pragma once

#include <trunkline/base/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace trunkline::transport {

/// Told when a watched handle may be read or written. Level-triggered: told again as long as it
/// holds.
class readiness_sink {
public:
    virtual void on_ready(bool readable, bool writable) = 0;

protected:
    ~readiness_sink() = default;
};

/// A pending timer. Destroying it cancels; after that its function is not called.
class timer {
public:
    virtual ~timer() = default;
};

class loop_commons;

/// One thread's world. All functions but post() are called on that thread; post() from any thread.
class runtime {
public:
    using duration = std::chrono::microseconds;
    using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

    runtime() noexcept;
    runtime(runtime const&) = delete;
    runtime& operator=(runtime const&) = delete;
    virtual ~runtime();

    /// Monotonic time; virtual in the simulated runtime. Constant within one turn of the loop is
    /// allowed.
    [[nodiscard]] virtual time_point now() const noexcept = 0;

    /// Microseconds since 1970 UTC, for the time field of frame layout a.
    [[nodiscard]] virtual std::uint64_t wall_clock_us() const noexcept = 0;

    /// Calls `work` once, on this thread, not before `delay` has passed.
    [[nodiscard]] virtual std::unique_ptr<timer> after(duration delay,
                                                       std::function<void()> work) = 0;

    /// Calls `work` on this runtime's thread soon, never from inside post(). Work still queued when
    /// the runtime ends is destroyed without being called.
    virtual void post(std::function<void()> work) = 0;

    /// What the drivers of this thread share (loop_commons.hpp); made on first use.
    [[nodiscard]] loop_commons& commons();

protected:
    /// For the destructors of implementations, once all posted work is gone.
    void drop_commons() noexcept;

private:
    std::unique_ptr<loop_commons> commons_;
};

}  // namespace trunkline::transport
