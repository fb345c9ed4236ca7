// What bounds one call: its deadline, the call that it is made for, and whether it may be repeated;
// and what goes with it.
#pragma once

#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/call_options.hpp>
#include <trunkline/peer/line.hpp>
#include <trunkline/transport/runtime.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

namespace trunkline::peers {

/// Something that can be given up, on the thread of its line.
class cancellable {
public:
    /// Nothing after it has ended.
    virtual void give_up(call_error why) = 0;

protected:
    ~cancellable() = default;
};

/// The options of a call where what was left out has been filled in. A value.
struct call_terms {
    std::chrono::milliseconds timeout{};  ///< zero: none
    bool repeatable = false;
    std::optional<call_parent> parent = std::nullopt;
    call_metadata metadata = {};
    std::optional<trace_context> trace = std::nullopt;

    [[nodiscard]] static call_terms of(call_options const& options,
                                       std::chrono::milliseconds otherwise);

    /// Until the deadline, zero or less when it has passed; empty where there is none.
    [[nodiscard]] std::optional<transport::runtime::duration> time_left(
        transport::runtime::time_point now) const noexcept;

    /// Why the call is not to begin at all; empty when it may.
    [[nodiscard]] error_code refusal(transport::runtime::time_point now) const noexcept;
};

/// Gives a call up when the one that it is made for is.
class parent_watch {
public:
    /// Any number of times; only the first counts. `what` is given up on the thread of `on`.
    void watch(call_terms const& terms, line& on, std::weak_ptr<cancellable> what);

private:
    struct passes_on {
        std::shared_ptr<line> on;
        std::weak_ptr<cancellable> what;
        void operator()() const;
    };

    std::optional<std::stop_callback<passes_on>> callback_;
};

}  // namespace trunkline::peers
