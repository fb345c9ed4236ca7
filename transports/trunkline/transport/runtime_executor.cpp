#include <trunkline/transport/runtime_executor.hpp>

#include <trunkline/base/result.hpp>

#include <boost/asio/query.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>

namespace trunkline::transport {
namespace {

/// More is as good as for ever, and would not fit into the clock.
constexpr std::chrono::hours span_max{24 * 365 * 10};

class timer_of_asio final : public timer {
public:
    timer_of_asio(boost::asio::any_io_executor const& on, runtime::duration span,
                  std::function<void()> work)
        : clock_(on, span), work_(std::make_shared<std::function<void()>>(std::move(work))) {
        clock_.async_wait([pending = work_](error_code error) {
            // Destroyed meanwhile, the timer has taken the work away.
            if (auto const call = std::exchange(*pending, nullptr); call && !error) {
                call();
            }
        });
    }
    ~timer_of_asio() override { *work_ = nullptr; }

private:
    boost::asio::steady_timer clock_;
    std::shared_ptr<std::function<void()>> work_;
};

}  // namespace

/// How a context of ours is told from others.
class executor_context::link final : public boost::asio::execution_context::service {
public:
    inline static boost::asio::execution_context::id id;

    explicit link(boost::asio::execution_context& owner)
        : boost::asio::execution_context::service(owner) {}

    runtime* loop = nullptr;

private:
    void shutdown() override { loop = nullptr; }
};

executor_context::executor_context(runtime& loop) : loop_(&loop) {
    boost::asio::use_service<link>(*this).loop = &loop;
}

executor_context::~executor_context() = default;

void executor_context::post(std::function<void()> work) {
    std::lock_guard const lock(mutex_);
    if (loop_ != nullptr) {
        loop_->post(std::move(work));
    }
}

runtime* executor_context::loop_of(boost::asio::execution_context& context) {
    return boost::asio::has_service<link>(context) ? boost::asio::use_service<link>(context).loop
                                                   : nullptr;
}

void executor_context::drop() {
    {
        std::lock_guard const lock(mutex_);
        loop_ = nullptr;
    }
    shutdown();
}

std::unique_ptr<timer> start_timer(boost::asio::any_io_executor const& on, runtime::duration span,
                                   std::function<void()> work) {
    auto const bounded = std::min<runtime::duration>(span, span_max);
    auto& context = boost::asio::query(on, boost::asio::execution::context);
    if (runtime* const loop = executor_context::loop_of(context)) {
        return loop->after(bounded, std::move(work));
    }
    return std::make_unique<timer_of_asio>(on, bounded, std::move(work));
}

}  // namespace trunkline::transport
