// A connect under way that can be cancelled.
#pragma once

#include <trunkline/peer/rpc_client.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace trunkline::conformance {

/// Begun when it is made.
class attempt {
public:
    explicit attempt(rpc_client::builder& by) {
        by.async_connect(boost::asio::bind_cancellation_slot(
            seen_->stop.slot(),
            [to = seen_](result<rpc_client> made) { to->made.emplace(std::move(made)); }));
    }

    void cancel() { seen_->stop.emit(boost::asio::cancellation_type::terminal); }
    [[nodiscard]] bool has_ended() const noexcept { return seen_->made.has_value(); }
    /// What became of it; once it has ended.
    [[nodiscard]] result<rpc_client>& outcome() noexcept { return *seen_->made; }

private:
    // It may end after whoever began it has gone.
    struct seen {
        boost::asio::cancellation_signal stop;
        std::optional<result<rpc_client>> made;
    };
    std::shared_ptr<seen> seen_ = std::make_shared<seen>();
};

}  // namespace trunkline::conformance
