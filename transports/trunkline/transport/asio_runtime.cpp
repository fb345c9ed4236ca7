#include <trunkline/transport/asio_runtime.hpp>

#include <trunkline/transport/readiness_set.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <mutex>
#include <utility>
#include <vector>

namespace trunkline::transport {
namespace {

class asio_timer final : public timer {
public:
    asio_timer(boost::asio::io_context& context, runtime::duration delay,
               std::function<void()> work)
        : clock_(context, delay), work_(std::make_shared<std::function<void()>>(std::move(work))) {
        clock_.async_wait([pending = work_](error_code error) {
            // The timer may be destroyed by its own work, or after it has expired and before this
            // runs: then the work has been taken away.
            if (auto call = std::exchange(*pending, nullptr); call && !error) {
                call();
            }
        });
    }

    ~asio_timer() override { *work_ = nullptr; }

private:
    boost::asio::steady_timer clock_;
    std::shared_ptr<std::function<void()>> work_;
};

}  // namespace

/// Work posted from any thread. One wake of the context serves all that came before it runs.
class asio_runtime::inbox {
public:
    /// True when the context must be woken.
    [[nodiscard]] bool put(std::function<void()> work) {
        std::lock_guard const lock(mutex_);
        if (closed_) {
            return false;
        }
        work_.push_back(std::move(work));
        return work_.size() == 1;
    }

    void run_all() {
        for (auto& work : take()) {
            work();
        }
    }

    /// What is queued is destroyed, what comes later is destroyed at once.
    void close() {
        {
            std::lock_guard const lock(mutex_);
            closed_ = true;
        }
        take().clear();
    }

private:
    std::vector<std::function<void()>> take() {
        std::lock_guard const lock(mutex_);
        return std::exchange(work_, {});
    }

    std::mutex mutex_;
    std::vector<std::function<void()>> work_;
    bool closed_ = false;
};

asio_runtime::asio_runtime()
    // The hint: one thread runs the context; other threads may still post.
    : owned_context_(std::make_unique<boost::asio::io_context>(1)),
      context_(*owned_context_),
      readiness_(make_readiness_set(context_).value()),
      inbox_(std::make_shared<inbox>()) {}

asio_runtime::asio_runtime(boost::asio::io_context& context)
    : context_(context),
      readiness_(make_readiness_set(context_).value()),
      inbox_(std::make_shared<inbox>()) {}

asio_runtime::~asio_runtime() {
    // Posted work may own streams and timers, which need the rest of the runtime to go.
    inbox_->close();
    drop_commons();
}

runtime::time_point asio_runtime::now() const noexcept {
    return std::chrono::time_point_cast<duration>(std::chrono::steady_clock::now());
}

std::uint64_t asio_runtime::wall_clock_us() const noexcept {
    auto const since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count());
}

std::unique_ptr<timer> asio_runtime::after(duration delay, std::function<void()> work) {
    return std::make_unique<asio_timer>(context_, delay, std::move(work));
}

void asio_runtime::post(std::function<void()> work) {
    if (inbox_->put(std::move(work))) {
        boost::asio::post(context_, [queue = inbox_] { queue->run_all(); });
    }
}

boost::asio::any_io_executor asio_runtime::executor() {
    return context_.get_executor();
}

void asio_runtime::run() {
    {
        auto const guard = boost::asio::make_work_guard(context_);
        context_.run();
    }
    // Only now: letting go of the last work stops the context as well.
    context_.restart();
}

void asio_runtime::stop() {
    context_.stop();
}

boost::asio::io_context& asio_runtime::context() noexcept {
    return context_;
}

readiness_set& asio_runtime::readiness() noexcept {
    return *readiness_;
}

}  // namespace trunkline::transport
