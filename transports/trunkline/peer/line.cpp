#include <trunkline/peer/line.hpp>

#include <trunkline/rpc/error.hpp>

#include <utility>

namespace trunkline::peers {

void line::submit(std::shared_ptr<task> work) {
    if (is_own_thread()) {
        work->run(*this);
        return;
    }
    {
        std::lock_guard const lock(mutex_);
        if (loop_ != nullptr) {
            inbox_.push_back(std::move(work));
            if (inbox_.size() == 1) {
                loop_->post([self = shared_from_this()] { self->run_inbox(); });
            }
            return;
        }
    }
    work->drop(rpc::rpc_error::not_connected);
}

bool line::post(std::function<void()> work) {
    std::lock_guard const lock(mutex_);
    if (loop_ == nullptr) {
        return false;
    }
    loop_->post(std::move(work));
    return true;
}

void line::run_inbox() {
    std::vector<std::shared_ptr<task>> taken;
    {
        std::lock_guard const lock(mutex_);
        taken.swap(inbox_);
    }
    for (auto& each : taken) {
        std::exchange(each, nullptr)->run(*this);
    }
}

std::string line::peer_name() const {
    std::lock_guard const lock(mutex_);
    return peer_name_;
}

void line::attach(transport::driver& driver) {
    driver_ = &driver;
    thread_ = std::this_thread::get_id();
    connected_ = true;
    std::string name = driver.peer_name();
    std::lock_guard const lock(mutex_);
    peer_name_ = std::move(name);
}

void line::detach() noexcept {
    connected_ = false;
    driver_ = nullptr;
}

void line::let_go() noexcept {
    detach();
    thread_ = std::thread::id();
}

void line::shut() {
    let_go();
    timeouts_.clear();
    std::vector<std::shared_ptr<task>> dropped;
    {
        std::lock_guard const lock(mutex_);
        loop_ = nullptr;
        dropped.swap(inbox_);
    }
    for (auto const& each : dropped) {
        each->drop(rpc::rpc_error::not_connected);
    }
}

}  // namespace trunkline::peers
