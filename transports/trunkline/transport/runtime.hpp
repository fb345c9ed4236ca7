// All that drivers, timers and the kit see of the world: time, work for later, and readiness of
// handles.
#pragma once

#include <trunkline/base/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>

namespace boost::asio {
class any_io_executor;
}

namespace trunkline::transport {

/// Told when a watched handle may be read or written. Level-triggered: told again as long as it
/// holds.
class readiness_sink {
public:
    /// On the thread of the loop; at least one of them is true.
    virtual void on_ready(bool readable, bool writable) = 0;

protected:
    ~readiness_sink() = default;
};

/// A pending timer. Destroying it cancels; after that its function is not called.
class timer {
public:
    virtual ~timer() = default;
};

class executor_context;
class loop_commons;

/// One thread's world. All functions but post() are called on that thread; post() from any thread.
class runtime {
public:
    /// The grain of its time.
    using duration = std::chrono::microseconds;
    /// A moment of its time, real or virtual.
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

    /// Runs coroutines and completion handlers of Asio here (runtime_executor.hpp). Work that it is
    /// given once the runtime has gone is destroyed.
    [[nodiscard]] virtual boost::asio::any_io_executor executor();

    /// For those who wait on this thread: runs the loop until `done()`. False at once, without
    /// asking, where this thread cannot do that; false also when nothing more will happen.
    [[nodiscard]] virtual bool wait_until(std::function<bool()> const& done);

    /// Keeps `what` until the ticket is let go, or the runtime goes: then it is let go first, while
    /// timers and descriptors can still be given back.
    [[nodiscard]] std::shared_ptr<void> keep(std::shared_ptr<void> what);

    /// What the drivers of this thread share (loop_commons.hpp); made on first use.
    [[nodiscard]] loop_commons& commons();

protected:
    /// For the destructors of implementations, once all posted work is gone; there may be some
    /// again afterwards.
    void drop_commons() noexcept;

private:
    using kept_things = std::list<std::shared_ptr<void>>;

    std::unique_ptr<loop_commons> commons_;
    std::shared_ptr<executor_context> executing_;
    std::shared_ptr<kept_things> kept_;
};

}  // namespace trunkline::transport
