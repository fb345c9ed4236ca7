// A thread of a client or server, which may be destroyed on it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

namespace trunkline::peers {

/// A thread that is waited for, or left to end by itself. Not for use by two threads at once.
class own_thread {
public:
    /// At its exit the process waits for the threads that were left before it takes down what had
    /// been set up when the first thread began. OpenSSL may have been set up later: to be called
    /// once it has been.
    static void wait_before_tls_goes();

    /// How long an exit of the process waits for the threads that were left.
    static constexpr std::chrono::seconds exit_wait{5};

    own_thread() noexcept = default;

    /// Throws std::system_error when the system has no threads left. `body` must not throw; what it
    /// holds is destroyed on the thread.
    explicit own_thread(std::function<void()> body);

    /// False once it was waited for or left.
    [[nodiscard]] bool is_running() const noexcept { return thread_.joinable(); }
    [[nodiscard]] bool is_here() const noexcept {
        return thread_.get_id() == std::this_thread::get_id();
    }

    /// Waits for its end. Not on itself.
    void join() { thread_.join(); }

    /// Nobody waits for it but the process, when that exits: what a thread uses, such as OpenSSL,
    /// would be taken from under it.
    void leave();

private:
    struct end;
    class left_threads;
    std::shared_ptr<end> end_;
    std::thread thread_;
};

}  // namespace trunkline::peers
