// How an operation of a line ends for whoever began it: with an Asio completion, or by being waited
// for.
#pragma once

#include <trunkline/base/recycled_memory.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/completion.hpp>
#include <trunkline/peer/line.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <utility>

namespace trunkline::peers {

/// Asks an operation to give itself up.
template <class Operation>
class given_up_operation final : public task {
public:
    explicit given_up_operation(std::weak_ptr<Operation> what) noexcept : what_(std::move(what)) {}
    void run(line&) override {
        if (auto const operation = what_.lock()) {
            operation->give_up(call_error::cancelled);
        }
    }
    void drop(error_code) override {}

private:
    std::weak_ptr<Operation> what_;
};

/// Makes an operation. Calls come and go: their memory is used again.
template <class Operation, class... Arguments>
[[nodiscard]] std::shared_ptr<Operation> make_operation(Arguments&&... arguments) {
    return std::allocate_shared<Operation>(recycling_allocator<Operation>(),
                                           std::forward<Arguments>(arguments)...);
}

/// Calls a handler where it wants to run, never from inside the function that began.
template <class Handler, class Outcome>
class async_end {
public:
    async_end(Handler handler, std::shared_ptr<line> const& on)
        : complete_(std::move(handler), on), on_(on) {}

    /// Submits the operation that has this end; Asio's cancellation calls its give_up().
    template <class Operation>
    void start(std::shared_ptr<Operation> const& what) {
        start(what, *on_);
    }
    /// The same by way of a part of the line that keeps an order of its own.
    template <class Operation, class Inbox>
    void start(std::shared_ptr<Operation> const& what, Inbox& by) {
        auto slot = boost::asio::get_associated_cancellation_slot(complete_.handler());
        if (slot.is_connected()) {
            slot.assign(
                [on = on_, weak = std::weak_ptr<Operation>(what)](boost::asio::cancellation_type) {
                    on->submit_later(std::make_shared<given_up_operation<Operation>>(weak));
                });
        }
        by.submit(what);
        starting_ = false;
    }

    void operator()(Outcome&& with) {
        complete_(std::move(with), !starting_ && on_->is_connected() && on_->where().is_here());
    }

private:
    completion<Handler> complete_;
    std::shared_ptr<line> on_;
    std::atomic<bool> starting_ = true;  // the line's thread may be ahead of us
};

/// Keeps the outcome for the thread that waits.
template <class Outcome>
class awaited_end {
public:
    void operator()(Outcome&& with) { ended_.set_value(std::move(with)); }
    [[nodiscard]] Outcome wait() { return outcome_.get(); }
    [[nodiscard]] bool has_come() const {
        return outcome_.wait_for(std::chrono::seconds::zero()) == std::future_status::ready;
    }

private:
    std::promise<Outcome> ended_;
    std::future<Outcome> outcome_ = ended_.get_future();
};

/// Submits an operation with an awaited_end and waits for it. On the thread of a simulated loop,
/// waiting is running it; on that of any other the operation fails with would_deadlock. On a thread
/// of ours that runs other connections it fails with would_block_loop: these would all wait with
/// it, and two such threads that wait for each other would for ever. `by` is the line, or a part of
/// it that keeps an order of its own.
template <class Operation, class Inbox>
[[nodiscard]] auto submit_and_wait(std::shared_ptr<line> const& on,
                                   std::shared_ptr<Operation> const& what, Inbox& by) {
    if (!on->where().is_here()) {
        if (loop_thread::is_this()) {
            what->drop(call_error::would_block_loop);
        } else {
            by.submit(what);
        }
        return what->end().wait();
    }
    bool asked = false;
    static_cast<void>(on->where().wait_until([&] {
        if (!std::exchange(asked, true)) {
            by.submit(what);
        }
        return what->end().has_come();
    }));
    if (!what->end().has_come()) {
        what->give_up(call_error::would_deadlock);
    }
    return what->end().wait();
}

template <class Operation>
[[nodiscard]] auto submit_and_wait(std::shared_ptr<line> const& on,
                                   std::shared_ptr<Operation> const& what) {
    return submit_and_wait(on, what, *on);
}

}  // namespace trunkline::peers
