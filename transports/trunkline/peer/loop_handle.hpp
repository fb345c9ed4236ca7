// A loop as any thread sees it, also when the loop has gone.
#pragma once

#include <trunkline/peer/loop_gate.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/runtime.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace trunkline::peers {

/// While it lives the calling thread runs a loop of a client or server of its own: what waits there
/// for another thread holds up all connections of that loop.
class loop_thread {
public:
    loop_thread() noexcept { ++count_; }
    ~loop_thread() { --count_; }
    loop_thread(loop_thread const&) = delete;
    loop_thread& operator=(loop_thread const&) = delete;

    /// Whether the calling thread is one.
    [[nodiscard]] static bool is_this() noexcept { return count_ > 0; }

private:
    static thread_local int count_;
};

/// Shared by all lines of one loop. Whoever owns the loop shuts it before the loop goes.
class loop_handle {
public:
    /// `sockets`: the same loop, where it is one of Asio; else it is run by the thread that makes
    /// the handle.
    loop_handle(transport::runtime& loop, transport::asio_runtime* sockets);
    loop_handle(loop_handle const&) = delete;
    loop_handle& operator=(loop_handle const&) = delete;

    /// True, and `work` runs soon on the loop, or is destroyed when the loop goes before that;
    /// false when it has gone. From any thread.
    [[nodiscard]] bool post(std::function<void()> work);

    /// The same, but false only when the loop itself has gone: one that others run may go on
    /// behind shut().
    [[nodiscard]] bool post_late(std::function<void()> work);

    /// Whether the calling thread is inside the loop.
    [[nodiscard]] bool is_here() const noexcept;

    /// As runtime::wait_until; false also where the calling thread is not that of the loop.
    [[nodiscard]] bool wait_until(std::function<bool()> const& done);

    /// Where coroutines of this loop run.
    [[nodiscard]] boost::asio::any_io_executor const& executor() const noexcept {
        return executor_;
    }

    /// The time of the loop, from any thread; `otherwise` when it has gone.
    [[nodiscard]] transport::runtime::time_point now_or(
        transport::runtime::time_point otherwise) const noexcept;

    /// The loop itself; only on its thread, before shut().
    [[nodiscard]] transport::runtime& loop() noexcept { return *loop_; }

    /// On the thread of the loop, or when nothing runs there.
    void shut() noexcept;
    [[nodiscard]] bool is_shut() const noexcept { return loop_ == nullptr; }

private:
    /// As post(); what cannot be posted is left in `work`.
    [[nodiscard]] bool take(std::function<void()>& work);

    boost::asio::io_context* const context_;
    boost::asio::any_io_executor const executor_;
    std::shared_ptr<loop_gate> const gate_;  // null where the loop goes with who shuts the handle
    std::thread::id const thread_;
    mutable std::mutex mutex_;
    std::atomic<transport::runtime*> loop_;  // null once shut; written under the mutex
};

}  // namespace trunkline::peers
