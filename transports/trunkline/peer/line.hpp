// One connection as any thread sees it: an inbox and one wake.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/peer/deadlines.hpp>
#include <trunkline/rpc/endpoint.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/transport/runtime.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace trunkline::peers {

class line;

/// Something to be done on the thread of a line. Exactly one of its functions is called, once.
class task {
public:
    virtual ~task() = default;

    /// On the thread of the line.
    virtual void run(line& on) = 0;

    /// On any thread, instead of run(): the loop of the line has gone.
    virtual void drop(error_code why) = 0;
};

/// Lives as long as anybody holds it, also after its connection and its loop have gone. Whoever
/// owns the connection attaches its driver, and shuts the line before the loop goes.
class line : public std::enable_shared_from_this<line> {
public:
    /// `id` is unique among the lines of one owner.
    line(transport::runtime& loop, boost::asio::any_io_executor executor, std::uint64_t id)
        : loop_(&loop), executor_(std::move(executor)), id_(id) {}
    line(line const&) = delete;
    line& operator=(line const&) = delete;

    // From any thread
    // --------------------------------------------------------------------------------------------

    /// Runs the task here and now on the line's own thread, else soon, in the order of submission.
    void submit(std::shared_ptr<task> work);

    /// The same for plain work, which is destroyed uncalled where a task would be dropped; always
    /// later.
    [[nodiscard]] bool post(std::function<void()> work);

    [[nodiscard]] bool is_connected() const noexcept { return connected_; }
    [[nodiscard]] bool is_own_thread() const noexcept {
        return std::this_thread::get_id() == thread_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    /// Where its coroutines run.
    [[nodiscard]] boost::asio::any_io_executor const& executor() const noexcept {
        return executor_;
    }
    /// The peer as text; empty before the first connection.
    [[nodiscard]] std::string peer_name() const;

    // On its thread
    // --------------------------------------------------------------------------------------------

    /// The driver, which must go after detach() or shut().
    void attach(transport::driver& driver);
    void detach() noexcept;

    /// As detach(), and from now on nothing runs inside submit(): for an owner that goes, before
    /// it destroys the driver and calls shut().
    void let_go() noexcept;

    /// Null while there is no connection.
    [[nodiscard]] transport::driver* driver() noexcept { return driver_; }
    [[nodiscard]] rpc::endpoint* endpoint() noexcept {
        return driver_ == nullptr ? nullptr : &driver_->peer();
    }
    /// Ends `who` when so much time has passed and it still lives.
    void limit(std::weak_ptr<with_deadline> who, transport::runtime::duration timeout) {
        timeouts_.add(*loop_, loop_->now() + timeout, std::move(who));
    }

    /// Nothing runs any more; what waits is dropped. For the owner, on the thread of the loop or
    /// when nothing runs there.
    void shut();

private:
    void run_inbox();

    transport::runtime* loop_;  // null once shut; guarded for the other threads
    boost::asio::any_io_executor const executor_;
    std::uint64_t const id_;
    transport::driver* driver_ = nullptr;
    deadlines timeouts_;
    std::atomic<bool> connected_ = false;
    std::atomic<std::thread::id> thread_;
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<task>> inbox_;
    std::string peer_name_;
};

}  // namespace trunkline::peers
