// Handlers that wait until the rule lets them go on.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace trunkline::conformance {

/// Coroutines wait in front of it, in the order in which they came. Outlives them; one thread.
class gate {
public:
    /// Ends when the rule says so; throws system_error operation_aborted when it is cancelled.
    [[nodiscard]] boost::asio::awaitable<void> pass() {
        return boost::asio::async_initiate<boost::asio::use_awaitable_t<> const,
                                           void(boost::system::error_code)>(
            [this](auto handler) { add(std::move(handler)); }, boost::asio::use_awaitable);
    }

    /// How many have come, gone ones included.
    [[nodiscard]] std::size_t arrived() const noexcept { return waiting_.size(); }
    /// How many were cancelled while they waited.
    [[nodiscard]] std::size_t cancelled() const noexcept { return *cancelled_; }

    /// Lets the one go on that came as number `which`, from 0; nothing when it has gone.
    void open(std::size_t which) { finish(*waiting_[which], {}); }
    /// Lets all go on that wait now.
    void open_all() {
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            open(i);
        }
    }

    /// Destroys those who wait now, unfinished: for rules that are broken meanwhile, where whoever
    /// waits keeps the gate.
    void abandon() { waiting_.clear(); }

private:
    using completion = std::function<void(boost::system::error_code)>;

    static void finish(completion& of, boost::system::error_code why) {
        if (auto const end = std::exchange(of, nullptr)) {
            end(why);
        }
    }

    template <class Handler>
    void add(Handler handler) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        auto const executor = boost::asio::get_associated_executor(handler);
        auto const kept = std::make_shared<Handler>(std::move(handler));
        waiting_.push_back(
            std::make_shared<completion>([kept, executor](boost::system::error_code why) {
                boost::asio::post(executor, [kept, why] { std::move (*kept)(why); });
            }));
        if (slot.is_connected()) {
            slot.assign([one = std::weak_ptr(waiting_.back()),
                         count = cancelled_](boost::asio::cancellation_type) {
                if (auto const found = one.lock(); found != nullptr && *found != nullptr) {
                    ++*count;
                    finish(*found, boost::asio::error::operation_aborted);
                }
            });
        }
    }

    std::vector<std::shared_ptr<completion>> waiting_;
    std::shared_ptr<std::size_t> cancelled_ = std::make_shared<std::size_t>(0);
};

}  // namespace trunkline::conformance
