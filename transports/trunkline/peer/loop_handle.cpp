#include <trunkline/peer/loop_handle.hpp>

#include <boost/asio/io_context.hpp>

#include <utility>

namespace trunkline::peers {
namespace {

boost::asio::any_io_executor executor_of(boost::asio::io_context* context) {
    return context == nullptr ? boost::asio::any_io_executor()
                              : boost::asio::any_io_executor(context->get_executor());
}

}  // namespace

loop_handle::loop_handle(transport::runtime& loop, transport::asio_runtime* sockets)
    : context_(sockets == nullptr ? nullptr : &sockets->context()),
      executor_(executor_of(context_)),
      thread_(std::this_thread::get_id()),
      loop_(&loop) {}

bool loop_handle::post(std::function<void()> work) {
    std::lock_guard const lock(mutex_);
    if (loop_ == nullptr) {
        return false;
    }
    loop_->post(std::move(work));
    return true;
}

bool loop_handle::is_here() const noexcept {
    std::lock_guard const lock(mutex_);  // else the context may go meanwhile
    if (loop_ == nullptr) {
        return false;
    }
    return context_ == nullptr ? std::this_thread::get_id() == thread_
                               : context_->get_executor().running_in_this_thread();
}

void loop_handle::shut() noexcept {
    std::lock_guard const lock(mutex_);
    loop_ = nullptr;
}

}  // namespace trunkline::peers
