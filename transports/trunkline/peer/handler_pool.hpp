// Threads of a client or server for handlers that block.
#pragma once

#include <trunkline/peer/loop_handle.hpp>

#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace trunkline::peers {

/// Any function from any thread; what it calls must not throw.
class handler_pool {
public:
    /// At least one thread; `waiting_max` jobs may wait for one. Throws boost::system::system_error
    /// when the system has no threads left.
    handler_pool(std::size_t threads, std::size_t waiting_max);

    /// Waits for all jobs. Not on one of its threads.
    ~handler_pool();
    handler_pool(handler_pool const&) = delete;
    handler_pool& operator=(handler_pool const&) = delete;

    /// False, and the job is not kept, when too many wait.
    [[nodiscard]] bool submit(std::function<void()> job);

    /// Calls `told` once no job runs or waits: inside when that is so now, else on a thread of the
    /// pool.
    void when_idle(std::function<void()> told);

    [[nodiscard]] bool is_here() noexcept;

    /// What calls `done` on the loop once no job runs or waits in `pool`, inside when there is
    /// none. Until then the loop goes on: jobs may wait for it, if only to hear that nobody is
    /// there.
    [[nodiscard]] static std::function<void()> then(std::weak_ptr<handler_pool> pool,
                                                    std::shared_ptr<loop_handle> loop,
                                                    std::function<void()> done);

    /// Lets go of it without waiting: what still runs is waited for by a thread of its own.
    static void retire(std::shared_ptr<handler_pool> pool);

private:
    void run(std::function<void()> job);

    std::size_t const waiting_max_;
    std::mutex mutex_;
    std::size_t waiting_ = 0;
    std::size_t under_way_ = 0;  // waiting or running
    std::vector<std::function<void()>> idle_;
    boost::asio::thread_pool threads_;
};

}  // namespace trunkline::peers
