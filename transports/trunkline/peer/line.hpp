// One connection as any thread sees it: an inbox and one wake.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/peer/call_queue.hpp>
#include <trunkline/peer/deadlines.hpp>
#include <trunkline/peer/line_services.hpp>
#include <trunkline/peer/loop_handle.hpp>
#include <trunkline/peer/retry_budget.hpp>
#include <trunkline/peer/running_call.hpp>
#include <trunkline/peer/state_watchers.hpp>
#include <trunkline/rpc/endpoint.hpp>
#include <trunkline/transport/driver.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
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
/// owns the connection attaches its driver and detaches it before it destroys it.
class line : public std::enable_shared_from_this<line> {
public:
    /// `id` is unique among the lines of one owner; `default_timeout` is that of calls which say
    /// nothing else, zero for none; `services` are those of the owner.
    line(std::shared_ptr<loop_handle> where, std::uint64_t id,
         std::chrono::milliseconds default_timeout,
         std::shared_ptr<line_services const> services = std::make_shared<line_services>())
        : where_(std::move(where)),
          id_(id),
          default_timeout_(default_timeout),
          services_(std::move(services)) {}
    line(line const&) = delete;
    line& operator=(line const&) = delete;

    // From any thread
    // --------------------------------------------------------------------------------------------

    /// Runs the task here and now on the line's own thread, else soon, in the order of submission.
    void submit(std::shared_ptr<task> work);

    /// Soon also on its own thread.
    void submit_later(std::shared_ptr<task> work);

    [[nodiscard]] loop_handle& where() const noexcept { return *where_; }
    [[nodiscard]] std::shared_ptr<loop_handle> const& shared_where() const noexcept {
        return where_;
    }
    [[nodiscard]] bool is_connected() const noexcept { return connected_; }
    /// Not connected, but its owner is about to make the next connection.
    [[nodiscard]] bool is_reconnecting() const noexcept { return reconnecting_; }
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    [[nodiscard]] std::chrono::milliseconds default_timeout() const noexcept {
        return default_timeout_;
    }
    [[nodiscard]] line_services const& services() const noexcept { return *services_; }
    /// How long handlers may take, at most so long as fits into the clock; zero: any time.
    [[nodiscard]] std::chrono::milliseconds request_timeout() const noexcept;
    /// The peer as text; empty before the first connection.
    [[nodiscard]] std::string peer_name() const;
    /// Of the peer, where it has any.
    [[nodiscard]] std::optional<transport::peer_credentials> credentials() const;

    /// As driver::certificate.
    [[nodiscard]] std::optional<transport::peer_certificate> certificate() const;

    /// What the peer said when it closed the last connection; empty while there is one.
    [[nodiscard]] std::optional<transport::close_reason> farewell() const;

    // On its thread
    // --------------------------------------------------------------------------------------------

    /// The driver, until detach(). Calls of a line that reconnects wait until admit().
    void attach(transport::driver& driver);

    /// The connection may be used: calls that wait for it go on.
    void admit();

    /// No connection any more: handlers that still run are stopped. Where there will be another one
    /// calls go on waiting for it, else they fail with connection_lost.
    void detach(bool another_follows = false);

    /// There will be no other connection: calls that wait for one fail.
    void give_up(error_code why);

    /// Closes the connection in order, for that reason, and no other follows.
    void close(transport::close_reason const& why = {});

    /// Told of every state that the owner reports.
    [[nodiscard]] state_watchers& watchers() noexcept { return watchers_; }

    /// Whether its owner makes another connection when this one has been lost. `stop` is called by
    /// close() while there is none.
    /// `calls_wait`: for that connection.
    void come_back(std::function<void()> stop, bool calls_wait) {
        stop_coming_back_ = std::move(stop);
        comes_back_ = true;
        calls_wait_ = calls_wait;
    }
    /// Whether what a call was refused with passes: it is to wait() then.
    [[nodiscard]] bool is_worth_waiting(error_code why) const noexcept;
    [[nodiscard]] bool comes_back() const noexcept { return comes_back_; }

    /// Whether calls can be sent now.
    [[nodiscard]] bool takes_calls() noexcept {
        return driver_ != nullptr && !reconnecting_ && !driver_->peer().is_disconnected();
    }

    /// Calls that wait for a connection, or for a slot on it.
    [[nodiscard]] call_queue& waiting() noexcept { return waiting_; }

    /// A call has ended: one that waits may have its slot.
    void call_ended() {
        if (!waiting_.empty()) {
            waiting_.offer(*this);
        }
    }

    void set_retries(retry_options const& options) noexcept { retries_ = retry_budget(options); }
    [[nodiscard]] retry_budget& retries() noexcept { return retries_; }
    [[nodiscard]] deadlines const& timeouts() const noexcept { return timeouts_; }

    /// Stops all handlers that still run: nobody will be told what they answer.
    void stop_handlers();

    /// Which connection it is, of those that the line has had; from 1.
    [[nodiscard]] std::uint64_t connection() const noexcept { return connection_; }

    /// Null while there is no connection.
    [[nodiscard]] transport::driver* driver() noexcept { return driver_; }
    [[nodiscard]] rpc::endpoint* endpoint() noexcept {
        return driver_ == nullptr ? nullptr : &driver_->peer();
    }

    /// Ends `who` when so much time has passed and it still lives. Not on a line without connection
    /// unless another one follows.
    void limit(std::weak_ptr<with_deadline> who, transport::runtime::duration timeout);

    /// What of a timeout fits into the clock.
    [[nodiscard]] static transport::runtime::duration bounded(
        std::chrono::milliseconds timeout) noexcept;

    /// Whether one more handler may run on: those whose calls have been given up count until they
    /// have ended.
    [[nodiscard]] bool has_place() const noexcept {
        return running_.size() < services_->running_max;
    }

    /// Handlers that run on: each is stopped when its deadline has passed or the connection ends,
    /// until end().
    void begin(std::shared_ptr<running_call> const& call,
               std::optional<std::chrono::steady_clock::time_point> deadline);

    /// The same without a deadline.
    void keep(std::shared_ptr<running_call> const& call);
    void end(running_call& call);

private:
    class wake;
    void note_farewell(std::optional<transport::close_reason> said);
    void run_inbox();
    void drop_inbox();

    std::shared_ptr<loop_handle> const where_;
    std::uint64_t const id_;
    std::chrono::milliseconds const default_timeout_;
    std::shared_ptr<line_services const> const services_;
    transport::driver* driver_ = nullptr;
    std::uint64_t connection_ = 0;
    deadlines timeouts_;
    running_call::list running_;
    call_queue waiting_;
    retry_budget retries_;
    std::function<void()> stop_coming_back_;
    bool comes_back_ = false;
    bool calls_wait_ = false;
    std::atomic<bool> connected_ = false;
    std::atomic<bool> reconnecting_ = false;
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<task>> inbox_;
    std::string peer_name_;
    std::optional<transport::peer_credentials> credentials_;
    std::optional<transport::peer_certificate> certificate_;
    std::unique_ptr<transport::close_reason> farewell_;
    state_watchers watchers_;
};

}  // namespace trunkline::peers
