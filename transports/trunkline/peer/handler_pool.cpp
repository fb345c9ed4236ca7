#include <trunkline/peer/handler_pool.hpp>

#include <trunkline/peer/own_thread.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::peers {

handler_pool::handler_pool(std::size_t threads, std::size_t waiting_max)
    : waiting_max_(waiting_max), threads_(std::max<std::size_t>(threads, 1)) {}

handler_pool::~handler_pool() {
    threads_.join();
}

bool handler_pool::is_here() noexcept {
    return threads_.get_executor().running_in_this_thread();
}

bool handler_pool::submit(std::function<void()> job) {
    {
        std::lock_guard const lock(mutex_);
        if (waiting_ >= waiting_max_) {
            return false;
        }
        ++waiting_;
        ++under_way_;
    }
    boost::asio::post(threads_, [this, job = std::move(job)]() mutable { run(std::move(job)); });
    return true;
}

void handler_pool::run(std::function<void()> job) {
    {
        std::lock_guard const lock(mutex_);
        --waiting_;
    }
    job();
    job = nullptr;
    std::vector<std::function<void()>> told;
    {
        std::lock_guard const lock(mutex_);
        if (--under_way_ == 0) {
            told.swap(idle_);
        }
    }
    for (auto const& each : told) {
        each();
    }
}

void handler_pool::when_idle(std::function<void()> told) {
    {
        std::lock_guard const lock(mutex_);
        if (under_way_ != 0) {
            idle_.push_back(std::move(told));
            return;
        }
    }
    told();
}

std::function<void()> handler_pool::then(std::weak_ptr<handler_pool> pool,
                                         std::shared_ptr<loop_handle> loop,
                                         std::function<void()> done) {
    return [pool = std::move(pool), loop = std::move(loop), done = std::move(done)] {
        if (auto const busy = pool.lock()) {
            busy->when_idle([loop, done] { static_cast<void>(loop->post(done)); });
        } else {
            done();
        }
    };
}

void handler_pool::retire(std::shared_ptr<handler_pool> pool) {
    if (pool == nullptr) {
        return;
    }
    bool busy = false;
    {
        std::lock_guard const lock(pool->mutex_);
        busy = pool->under_way_ != 0;
    }
    if (busy) {
        own_thread([last = std::move(pool)] {}).leave();
    }
}

}  // namespace trunkline::peers
