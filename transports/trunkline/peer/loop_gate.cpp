#include <trunkline/peer/loop_gate.hpp>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>

#include <utility>

namespace trunkline::peers {

/// How a gate learns that its context goes.
class loop_gate::keeper final : public boost::asio::execution_context::service {
public:
    inline static boost::asio::execution_context::id id;

    explicit keeper(boost::asio::execution_context& owner)
        : boost::asio::execution_context::service(owner) {}

    std::shared_ptr<loop_gate> gate_to(boost::asio::any_io_executor const& loop) {
        std::lock_guard const lock(mutex_);
        if (gate_ == nullptr) {
            gate_ = std::make_shared<loop_gate>(loop);
        }
        return gate_;
    }

private:
    void shutdown() override {
        if (gate_ != nullptr) {
            gate_->shut();
        }
    }

    std::mutex mutex_;
    std::shared_ptr<loop_gate> gate_;
};

std::shared_ptr<loop_gate> loop_gate::of(boost::asio::any_io_executor const& loop) {
    auto& context = boost::asio::query(loop, boost::asio::execution::context);
    return boost::asio::use_service<keeper>(context).gate_to(loop);
}

bool loop_gate::post(std::function<void()>& work) {
    std::lock_guard const lock(mutex_);  // else the context may go meanwhile
    if (!to_) {
        return false;
    }
    boost::asio::post(to_, std::move(work));
    return true;
}

void loop_gate::shut() noexcept {
    boost::asio::any_io_executor last;  // let go of outside of the lock
    std::lock_guard const lock(mutex_);
    last.swap(to_);
}

}  // namespace trunkline::peers
