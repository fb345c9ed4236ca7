#include <trunkline/transport/asio_runtime.hpp>

#include <trunkline/transport/readiness_set.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace trunkline::transport {
namespace {

class asio_timer final : public timer {
public:
    /// `count`: of those that have not fired.
    asio_timer(boost::asio::io_context& context, std::shared_ptr<std::size_t> count,
               runtime::duration delay, std::function<void()> work)
        : clock_(context, delay),
          count_(std::move(count)),
          work_(std::make_shared<std::function<void()>>(std::move(work))) {
        clock_.async_wait([count = count_, pending = work_](error_code error) {
            // The timer may be destroyed by its own work, or after it has expired and before this
            // runs: then the work has been taken away.
            if (auto call = std::exchange(*pending, nullptr)) {
                --*count;
                if (!error) {
                    call();
                }
            }
        });
        ++*count_;
    }

    ~asio_timer() override {
        if (auto const untouched = std::exchange(*work_, nullptr)) {
            --*count_;
        }
    }

private:
    boost::asio::steady_timer clock_;
    std::shared_ptr<std::size_t> count_;  // the runtime may have gone
    std::shared_ptr<std::function<void()>> work_;
};

}  // namespace

/// One that drops what waits in it before it goes.
class asio_runtime::own_context final : public boost::asio::io_context {
public:
    using boost::asio::execution_context::shutdown;
    using boost::asio::io_context::io_context;
};

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
        auto all = take();
        for (auto& work : all) {
            work();
            work = nullptr;
        }
        give_back(std::move(all));
    }

    [[nodiscard]] std::size_t size() {
        std::lock_guard const lock(mutex_);
        return work_.size();
    }

    /// What is queued is destroyed, what comes later is destroyed at once.
    void close() {
        {
            std::lock_guard const lock(mutex_);
            closed_ = true;
        }
        take().clear();
    }

    /// Wakes the context: what Asio keeps for it until then needs no memory from the heap.
    class wake {
    public:
        template <class Object>
        class allocator {
        public:
            using value_type = Object;

            explicit allocator(std::shared_ptr<inbox> of) noexcept : of_(std::move(of)) {}
            template <class Other>
            explicit(false) allocator(allocator<Other> const& other) noexcept : of_(other.of_) {}

            [[nodiscard]] Object* allocate(std::size_t count) {
                static_assert(alignof(Object) <= alignof(std::max_align_t));
                return static_cast<Object*>(of_->take_wake_memory(count * sizeof(Object)));
            }
            void deallocate(Object* at, std::size_t) noexcept { of_->give_wake_memory(at); }

            template <class Other>
            friend bool operator==(allocator const& one, allocator<Other> const& other) noexcept {
                return one.of_ == other.of_;
            }

        private:
            template <class>
            friend class allocator;
            std::shared_ptr<inbox> of_;
        };
        using allocator_type = allocator<void>;

        explicit wake(std::shared_ptr<inbox> of) noexcept : of_(std::move(of)) {}

        [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_type(of_); }
        void operator()() { of_->run_all(); }

    private:
        std::shared_ptr<inbox> of_;
    };

    // Memory of the wake, from any thread. One is under way at a time, and the context lets go of
    // its memory before it runs: so there is always room.
    [[nodiscard]] void* take_wake_memory(std::size_t size) {
        if (size > wake_memory_.size() || wake_memory_taken_.exchange(true)) {
            return ::operator new(size);
        }
        return wake_memory_.data();
    }
    void give_wake_memory(void* at) noexcept {
        if (at == wake_memory_.data()) {
            wake_memory_taken_ = false;
        } else {
            ::operator delete(at);
        }
    }

private:
    using works = std::vector<std::function<void()>>;
    static constexpr std::size_t kept_works_max = 256;  // room that an empty inbox keeps

    works take() {
        std::lock_guard const lock(mutex_);
        return std::exchange(work_, std::exchange(spare_, {}));
    }

    void give_back(works done) {
        done.clear();
        if (done.capacity() <= kept_works_max) {
            std::lock_guard const lock(mutex_);
            std::swap(spare_, done);
        }
    }

    std::mutex mutex_;
    works work_;
    works spare_;  // empty: the room of work that was run
    bool closed_ = false;
    std::atomic<bool> wake_memory_taken_{false};
    alignas(std::max_align_t) std::array<std::byte, 256> wake_memory_;
};

asio_runtime::asio_runtime()
    // The hint: one thread runs the context; other threads may still post.
    : owned_context_(std::make_unique<own_context>(1)),
      context_(*owned_context_),
      readiness_(make_readiness_set(context_).value()),
      inbox_(std::make_shared<inbox>()),
      timers_(std::make_shared<std::size_t>(0)) {}

asio_runtime::asio_runtime(boost::asio::io_context& context)
    : context_(context),
      readiness_(make_readiness_set(context_).value()),
      inbox_(std::make_shared<inbox>()),
      timers_(std::make_shared<std::size_t>(0)) {}

asio_runtime::~asio_runtime() {
    // Posted work may own streams and timers, which need the rest of the runtime to go.
    inbox_->close();
    drop_commons();
    // The same is true of handlers of Asio, such as one that is about to be given its client.
    if (owned_context_ != nullptr) {
        owned_context_->shutdown();
    }
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
    return std::make_unique<asio_timer>(context_, timers_, delay, std::move(work));
}

void asio_runtime::post(std::function<void()> work) {
    if (inbox_->put(std::move(work))) {
        boost::asio::post(context_, inbox::wake(inbox_));
    }
}

boost::asio::any_io_executor asio_runtime::executor() {
    return context_.get_executor();
}

template <class Run>
void asio_runtime::run_with_guard(Run what) {
    {
        auto const guard = boost::asio::make_work_guard(context_);
        what();
    }
    // Only now: letting go of the last work stops the context as well.
    context_.restart();
}

bool asio_runtime::wait_until(std::function<bool()> const& done) {
    if (patience_ == duration::zero() || context_.get_executor().running_in_this_thread()) {
        return false;
    }
    auto const deadline = std::chrono::steady_clock::now() + patience_;
    context_.restart();  // what ended its last work since may have stopped it
    bool came = false;
    run_with_guard([&] {
        bool in_time = true;
        while (!(came = done()) && in_time) {
            in_time = context_.run_one_until(deadline) != 0;
        }
    });
    return came;
}

void asio_runtime::run() {
    run_with_guard([this] { context_.run(); });
}

void asio_runtime::stop() {
    context_.stop();
}

std::size_t asio_runtime::pending() const {
    return *timers_ + inbox_->size();
}

boost::asio::io_context& asio_runtime::context() noexcept {
    return context_;
}

readiness_set& asio_runtime::readiness() noexcept {
    return *readiness_;
}

}  // namespace trunkline::transport
