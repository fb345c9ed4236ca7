// Asio's executors over any runtime: coroutines and completion handlers also on virtual time.
#pragma once

#include <trunkline/transport/runtime.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace trunkline::transport {

/// The execution context of one runtime, which may outlive it: what comes then is destroyed at
/// once. Timers of Asio made on it run on real time; start_timer() waits on the runtime's own.
class executor_context final : public boost::asio::execution_context {
public:
    explicit executor_context(runtime& loop);
    ~executor_context();

    /// As runtime::post; the work is destroyed when the runtime has gone. Any thread.
    void post(std::function<void()> work);

    /// The runtime behind a context of Asio; null when it has gone, or is none of ours. On its
    /// thread.
    [[nodiscard]] static runtime* loop_of(boost::asio::execution_context& context);

    /// The runtime goes: what waits on services of the context is destroyed.
    void drop();

private:
    class link;

    std::mutex mutex_;
    runtime* loop_;  // null once dropped
};

/// Meets Asio's requirements of an executor and fits into any_io_executor. A value; copies mean the
/// same runtime and may outlive it. Work never runs inside execute(). Any thread.
class runtime_executor {
public:
    explicit runtime_executor(std::shared_ptr<executor_context> context) noexcept
        : context_(std::move(context)) {}

    template <class Work>
    void execute(Work&& work) const {
        // Posted work must be copyable.
        auto const kept = std::make_shared<std::decay_t<Work>>(std::forward<Work>(work));
        context_->post([kept] { std::move (*kept)(); });
    }

    [[nodiscard]] boost::asio::execution_context& query(
        boost::asio::execution::context_t) const noexcept {
        return *context_;
    }
    static constexpr boost::asio::execution::blocking_t query(
        boost::asio::execution::blocking_t) noexcept {
        return boost::asio::execution::blocking_t::never;
    }
    [[nodiscard]] runtime_executor require(
        boost::asio::execution::blocking_t::never_t) const noexcept {
        return *this;
    }

    friend bool operator==(runtime_executor const&, runtime_executor const&) noexcept = default;

private:
    std::shared_ptr<executor_context> context_;
};

/// Calls `work` on the executor once `span` has passed, in the time of its runtime where it is one
/// of ours, else in real time. Destroying the timer cancels. On the thread of the executor.
[[nodiscard]] std::unique_ptr<timer> start_timer(boost::asio::any_io_executor const& on,
                                                 runtime::duration span,
                                                 std::function<void()> work);

}  // namespace trunkline::transport
