#include <trunkline/peer/loop_handle.hpp>

#include <boost/asio/io_context.hpp>

#include <utility>

namespace trunkline::peers {

thread_local int loop_thread::count_ = 0;

loop_handle::loop_handle(transport::runtime& loop, transport::asio_runtime* sockets)
    : context_(sockets == nullptr ? nullptr : &sockets->context()),
      executor_(loop.executor()),
      gate_(sockets != nullptr && sockets->has_own_context() ? nullptr : loop_gate::of(executor_)),
      thread_(std::this_thread::get_id()),
      loop_(&loop) {}

bool loop_handle::take(std::function<void()>& work) {
    std::lock_guard const lock(mutex_);
    transport::runtime* const loop = loop_;
    if (loop == nullptr) {
        return false;
    }
    loop->post(std::move(work));
    return true;
}

bool loop_handle::post(std::function<void()> work) {
    return take(work);
}

bool loop_handle::post_late(std::function<void()> work) {
    auto const by_gate = [&] { return gate_ != nullptr && gate_->post(work); };
    // The gate of a context first: what is posted there stays when the owner of the handle goes.
    return (context_ != nullptr && by_gate()) || take(work) || by_gate();
}

bool loop_handle::is_here() const noexcept {
    if (context_ == nullptr) {
        return std::this_thread::get_id() == thread_ && loop_ != nullptr;
    }
    std::lock_guard const lock(mutex_);  // else the context may go meanwhile
    return loop_ != nullptr && context_->get_executor().running_in_this_thread();
}

bool loop_handle::wait_until(std::function<bool()> const& done) {
    // On its own thread it does not go meanwhile, unless it is made to by what it runs.
    return is_here() && loop().wait_until(done);
}

transport::runtime::time_point loop_handle::now_or(
    transport::runtime::time_point otherwise) const noexcept {
    std::lock_guard const lock(mutex_);  // else the loop may go meanwhile
    transport::runtime const* const loop = loop_;
    return loop == nullptr ? otherwise : loop->now();
}

void loop_handle::shut() noexcept {
    std::lock_guard const lock(mutex_);
    loop_ = nullptr;
}

}  // namespace trunkline::peers
