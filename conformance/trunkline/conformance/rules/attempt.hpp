// A connect under way that can be cancelled.
#pragma once

#include <trunkline/peer/rpc_client.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <optional>
#include <utility>

namespace trunkline::conformance {

/// Begun when it is made.
class attempt {
public:
    explicit attempt(rpc_client::builder& by) {
        by.async_connect(boost::asio::bind_cancellation_slot(
            stop_.slot(), [this](result<rpc_client> made) { made_.emplace(std::move(made)); }));
    }
    attempt(attempt const&) = delete;
    attempt& operator=(attempt const&) = delete;

    void cancel() { stop_.emit(boost::asio::cancellation_type::terminal); }
    [[nodiscard]] bool has_ended() const noexcept { return made_.has_value(); }
    /// What became of it; once it has ended.
    [[nodiscard]] result<rpc_client>& outcome() noexcept { return *made_; }

private:
    boost::asio::cancellation_signal stop_;
    std::optional<result<rpc_client>> made_;
};

}  // namespace trunkline::conformance
