// The runtime of real programs: one thread's world over Boost.Asio.
#pragma once

#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace trunkline::transport {

class readiness_set;

/// One per thread. Everything made on it (timers, streams, connections, drivers) is destroyed
/// before it; what its queue holds, also the handlers that wait in a context of its own, goes with
/// it.
class asio_runtime final : public runtime {
public:
    /// With an io_context of its own. Throws boost::system::system_error when the system has no
    /// descriptors left.
    asio_runtime();

    /// On a given io_context, which one thread runs and which outlives the runtime. That thread is
    /// the one that calls all functions but post() and stop(). Once a socket has been watched,
    /// the context has work until the runtime is destroyed. Throws as above.
    explicit asio_runtime(boost::asio::io_context& context);

    ~asio_runtime() override;

    [[nodiscard]] time_point now() const noexcept override;
    [[nodiscard]] std::uint64_t wall_clock_us() const noexcept override;
    [[nodiscard]] std::unique_ptr<timer> after(duration delay, std::function<void()> work) override;
    void post(std::function<void()> work) override;
    /// That of the io_context.
    [[nodiscard]] boost::asio::any_io_executor executor() override;

    /// Runs the loop on the calling thread until stop(). May be called again afterwards.
    void run();

    /// Makes run() return soon, from any thread; called before run(), that run() returns at once.
    /// Work in progress is finished, queued work stays queued.
    void stop();

    /// Blocking calls on the thread that has asked for this run the loop meanwhile, for at most
    /// `patience` each, where nobody else runs it: for tests on sockets, written as those on
    /// virtual time are.
    void run_in_blocking_calls(duration patience) noexcept { patience_ = patience; }

    /// Runs the loop until `done()` or for the patience of run_in_blocking_calls(); false at once
    /// without that, and inside of its own work.
    [[nodiscard]] bool wait_until(std::function<bool()> const& done) override;

    /// Timers that have not fired, and posted work that waits; not what waits for descriptors, nor
    /// what others have given to the context. On its thread.
    [[nodiscard]] std::size_t pending() const;

    /// The context that it runs on.
    [[nodiscard]] boost::asio::io_context& context() noexcept;

    /// Whether the context goes with the runtime.
    [[nodiscard]] bool has_own_context() const noexcept { return owned_context_ != nullptr; }

    /// For streams over descriptors of the system.
    [[nodiscard]] readiness_set& readiness() noexcept;

private:
    class inbox;
    class own_context;

    template <class Run>
    void run_with_guard(Run what);

    std::unique_ptr<own_context> owned_context_;
    boost::asio::io_context& context_;
    std::unique_ptr<readiness_set> readiness_;
    std::shared_ptr<inbox> inbox_;
    duration patience_{0};
    std::shared_ptr<std::size_t> timers_;  // that have not fired
};

}  // namespace trunkline::transport
