// One ping, from whatever thread it is asked for.
#pragma once

#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/call_terms.hpp>
#include <trunkline/peer/deadlines.hpp>
#include <trunkline/peer/line.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace trunkline::peers {

/// Ends exactly once, by on_end() with the round trip.
class ping_call : public task,
                  public with_deadline,
                  public cancellable,
                  public std::enable_shared_from_this<ping_call> {
public:
    using outcome = call_result<std::chrono::microseconds>;

    explicit ping_call(call_terms terms) : terms_(std::move(terms)) {}
    virtual ~ping_call() = default;
    ping_call(ping_call const&) = delete;
    ping_call& operator=(ping_call const&) = delete;

    void run(line& on) override;
    void drop(error_code why) override { end(call_failure{why, {}}); }
    void give_up(call_error why) override { drop(why); }

protected:
    virtual void on_end(outcome what) = 0;

private:
    class ticket;

    void on_deadline() override { drop(call_error::deadline_passed); }
    [[nodiscard]] error_code send(line& on);
    void end(outcome what);

    call_terms terms_;
    parent_watch parent_;
    bool ended_ = false;
};

/// One with an end as operation_end.hpp has them.
template <class End>
class ended_ping final : public ping_call {
public:
    template <class... Arguments>
    explicit ended_ping(call_terms terms, Arguments&&... end)
        : ping_call(std::move(terms)), end_(std::forward<Arguments>(end)...) {}

    [[nodiscard]] End& end() noexcept { return end_; }

private:
    void on_end(outcome what) override { end_(std::move(what)); }

    End end_;
};

}  // namespace trunkline::peers
