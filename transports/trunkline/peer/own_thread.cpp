#include <trunkline/peer/own_thread.hpp>

#include <condition_variable>
#include <cstdlib>
#include <list>
#include <mutex>
#include <utility>

namespace trunkline::peers {

// Whether the body has ended. The thread may be the last to hold it.
struct own_thread::end {
    std::mutex mutex;
    std::condition_variable changed;
    bool reached = false;

    void reach() {
        std::lock_guard const lock(mutex);
        reached = true;
        changed.notify_all();
    }

    [[nodiscard]] bool comes_by(std::chrono::steady_clock::time_point when) {
        std::unique_lock lock(mutex);
        return changed.wait_until(lock, when, [this] { return reached; });
    }
};

// Joins at the exit of the process those that end in time. One that waits for who exits the process
// cannot end before.
class own_thread::left_threads {
public:
    left_threads() = default;
    left_threads(left_threads const&) = delete;
    left_threads& operator=(left_threads const&) = delete;

    // Never taken down, as nobody knows who leaves last.
    static left_threads& all() {
        static left_threads& made = *new left_threads;
        return made;
    }

    // Before what has been set up by now is taken down.
    static bool wait_at_exit() {
        return std::atexit([] { all().wait(); }) == 0;
    }

    void wait() {
        auto const until = std::chrono::steady_clock::now() + exit_wait;
        for (std::unique_lock lock(mutex_); !left_.empty();) {
            one each = std::move(left_.front());
            left_.pop_front();
            lock.unlock();  // its end may leave others
            bool const is_here = each.thread.get_id() == std::this_thread::get_id();
            bool const has_ended = !is_here && each.end->comes_by(until);
            has_ended ? each.thread.join() : each.thread.detach();
            lock.lock();
        }
    }

    void add(std::shared_ptr<end> at_end, std::thread thread) {
        std::lock_guard const lock(mutex_);
        std::erase_if(left_, [](auto& each) {
            bool const ended = each.end->comes_by({});
            if (ended) {
                each.thread.join();
            }
            return ended;
        });
        left_.push_back({std::move(at_end), std::move(thread)});
    }

private:
    struct one {
        std::shared_ptr<own_thread::end> end;
        std::thread thread;
    };
    std::mutex mutex_;
    std::list<one> left_;
};

void own_thread::wait_before_tls_goes() {
    [[maybe_unused]] static bool const once = left_threads::wait_at_exit();
}

own_thread::own_thread(std::function<void()> body)
    : end_(std::make_shared<end>()), thread_([at_end = end_, body = std::move(body)]() mutable {
          body();
          body = nullptr;
          at_end->reach();
      }) {
    [[maybe_unused]] static bool const once = left_threads::wait_at_exit();
}

void own_thread::leave() {
    left_threads::all().add(std::move(end_), std::move(thread_));
}

}  // namespace trunkline::peers
