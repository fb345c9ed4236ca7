// A call whose handler goes on after it has returned to the loop: how it is stopped and answered.
#pragma once

#include <trunkline/peer/deadlines.hpp>
#include <trunkline/rpc/dispatcher.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <list>
#include <memory>
#include <stop_token>
#include <utility>

namespace trunkline::peers {

/// What a caller is told of a handler that has not ended in time.
inline constexpr auto timed_out_text = "the handler took too long";

/// Kept by its line from line::begin() until its handler has ended or the connection has, and by
/// its handler. The functions are for the thread of its line; what stop_token() gives is for any.
class running_call : public with_deadline, private rpc::call_watch {
public:
    explicit running_call(rpc::responder to) : to_(std::move(to)) { to_.tell_when_gone(this); }
    virtual ~running_call() = default;
    running_call(running_call const&) = delete;
    running_call& operator=(running_call const&) = delete;

    /// Its deadline is the caller's own: when it has passed nobody needs words for that.
    void has_callers_deadline() noexcept { callers_deadline_ = true; }

    /// Emitted when the call is stopped.
    [[nodiscard]] boost::asio::cancellation_slot slot() noexcept { return signal_.slot(); }

    [[nodiscard]] std::stop_token stop_token() const noexcept { return stop_.get_token(); }

    /// False once nobody waits for an answer any more.
    [[nodiscard]] bool is_awaited() const noexcept { return awaited_; }

    /// To answer it, once; harmless when nobody waits any more.
    [[nodiscard]] rpc::responder take_responder() noexcept {
        awaited_ = false;
        return std::move(to_);
    }

    /// Nobody waits for the answer any more, because of `why` where that is known: the handler is
    /// told.
    void stop(error_code why = {});

protected:
    /// Stopped: a handler that has not begun never will.
    virtual void on_stop() {}

private:
    friend class line;
    using list = std::list<std::shared_ptr<running_call>>;

    void on_deadline() override;
    void on_call_gone(error_code why) override;

    rpc::responder to_;
    std::stop_source stop_;
    boost::asio::cancellation_signal signal_;
    list* among_ = nullptr;  // of its line
    list::iterator place_;
    bool awaited_ = true;
    bool callers_deadline_ = false;
};

}  // namespace trunkline::peers
