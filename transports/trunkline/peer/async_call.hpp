// A unary call whose end is an Asio completion.
#pragma once

#include <trunkline/peer/completion.hpp>
#include <trunkline/peer/unary_call.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace trunkline::peers {

/// Asks a call to give itself up.
class given_up final : public task {
public:
    explicit given_up(std::weak_ptr<unary_call> what) noexcept : what_(std::move(what)) {}
    void run(line&) override {
        if (auto const call = what_.lock()) {
            call->give_up(call_error::cancelled);
        }
    }
    void drop(error_code) override {}

private:
    std::weak_ptr<unary_call> what_;
};

template <class Response, class Handler>
class async_unary_call final : public unary_call {
    using outcome = call_result<received<Response>>;

public:
    async_unary_call(Handler handler, std::shared_ptr<line> const& on, method_label method,
                     bitcode::encoded arguments, std::chrono::milliseconds timeout)
        : unary_call(method, std::move(arguments), timeout),
          complete_(std::move(handler), on),
          on_(on) {}

    /// Never completes inside.
    void start() {
        auto slot = boost::asio::get_associated_cancellation_slot(complete_.handler());
        if (slot.is_connected()) {
            slot.assign([on = on_, self = weak_from_this()](boost::asio::cancellation_type) {
                on->submit_later(std::make_shared<given_up>(self));
            });
        }
        on_->submit(shared_from_this());
        starting_ = false;
    }

private:
    void on_answer(bytes_view body) override { end(read_answer<Response>(body)); }
    void on_failure(call_failure why) override { end(std::move(why)); }

    void end(outcome with) {
        complete_(std::move(with), !starting_ && on_->is_connected() && on_->where().is_here());
    }

    completion<Handler> complete_;
    std::shared_ptr<line> on_;
    std::atomic<bool> starting_ = true;  // the line's thread may be ahead of us
};

template <class Response, class Handler>
void start_async_call(Handler handler, std::shared_ptr<line> on, method_label method,
                      bitcode::encoded arguments, std::chrono::milliseconds timeout) {
    std::make_shared<async_unary_call<Response, Handler>>(std::move(handler), on, method,
                                                          std::move(arguments), timeout)
        ->start();
}

}  // namespace trunkline::peers
