// Waiting in a coroutine, in the time of the loop that it runs on: real or virtual.
//
//     co_await wait_for(std::chrono::milliseconds(20));
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/transport/runtime_executor.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace trunkline {
namespace peers {

template <class Handler>
class waiting final : public std::enable_shared_from_this<waiting<Handler>> {
    using executor = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;

public:
    waiting(Handler handler, boost::asio::any_io_executor const& on)
        : where_(boost::asio::get_associated_executor(handler, on)),
          work_(where_),
          handler_(std::move(handler)) {}

    void start(boost::asio::any_io_executor const& on, std::chrono::microseconds span) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected()) {
            slot.assign([weak = this->weak_from_this()](boost::asio::cancellation_type) {
                if (auto const self = weak.lock()) {
                    self->give_up();
                }
            });
        }
        timer_ = transport::start_timer(on, span, [self = this->shared_from_this()] {
            boost::asio::dispatch(self->where_, self->ending({}));
        });
    }

private:
    void give_up() {
        if (timer_ != nullptr) {
            auto const self = this->shared_from_this();  // the timer keeps it, too
            boost::asio::post(where_, ending(boost::asio::error::operation_aborted));
        }
    }

    auto ending(error_code why) {
        auto const ended = std::move(timer_);
        work_.reset();
        return [handler = std::move(handler_), why]() mutable { std::move(handler)(why); };
    }

    executor where_;
    boost::asio::executor_work_guard<executor> work_;
    Handler handler_;
    std::unique_ptr<transport::timer> timer_;  // until it has ended
};

}  // namespace peers

/// Completes with an error_code once `span` has passed in the time of the executor's loop, at most
/// ten years; operation_aborted when it is cancelled before. On the thread of that loop.
template <class Token>
auto async_wait_for(boost::asio::any_io_executor const& on, std::chrono::microseconds span,
                    Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code)>(
        [](auto handler, boost::asio::any_io_executor const& where,
           std::chrono::microseconds how_long) {
            using operation = peers::waiting<decltype(handler)>;
            std::make_shared<operation>(std::move(handler), where)->start(where, how_long);
        },
        token, on, span);
}

/// The same for the coroutine that awaits it; throws boost::system::system_error when cancelled. A
/// timer of Asio would wait in real time also where time is virtual.
inline boost::asio::awaitable<void> wait_for(std::chrono::microseconds span) {
    boost::asio::any_io_executor const here = co_await boost::asio::this_coro::executor;
    co_await async_wait_for(here, span, boost::asio::use_awaitable);
}

}  // namespace trunkline
