// Drivers that are wrong: loops whose time or timers are.
#include <trunkline/conformance/wrong/changed.hpp>
#include <trunkline/transport/passing_runtime.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using transport::runtime;
using transport::timer;
using duration = runtime::duration;
using time_point = runtime::time_point;
using work = std::function<void()>;

// What is set here is asked in place of the loop below.
struct habits {
    std::function<time_point(runtime const&)> now = {};
    std::function<std::unique_ptr<timer>(runtime&, duration, work)> after = {};
};

// A loop on another one. Work that was posted goes when it does.
class changed_loop final : public transport::passing_runtime {
public:
    changed_loop(runtime& below, habits wrong) : passing_runtime(below), wrong_(std::move(wrong)) {}
    ~changed_loop() override {
        posted_.clear();
        drop_commons();
        posted_.clear();
    }

    time_point now() const noexcept override {
        return wrong_.now ? wrong_.now(inner()) : inner().now();
    }
    std::unique_ptr<timer> after(duration delay, work what) override {
        return wrong_.after ? wrong_.after(inner(), delay, std::move(what))
                            : inner().after(delay, std::move(what));
    }
    void post(work what) override {
        {
            std::lock_guard const lock(mutex_);
            posted_.push_back(std::move(what));
        }
        inner().post([this] { run_first(); });
    }

private:
    void run_first() {
        std::list<work> first;
        {
            std::lock_guard const lock(mutex_);
            first.splice(first.end(), posted_, posted_.begin());
        }
        first.front()();
    }

    habits wrong_;
    std::mutex mutex_;
    std::list<work> posted_;
};

subject with_habits(std::function<habits()> const& make_habits) {
    subject made = simulated(stack::plain);
    made.drive = [make_habits](runtime& below) {
        return std::make_unique<changed_loop>(below, make_habits());
    };
    return made;
}

subject with_delays(std::function<duration(duration)> const& change) {
    return with_habits([change] {
        return habits{.after = [change](runtime& below, duration delay, work what) {
            return below.after(change(delay), std::move(what));
        }};
    });
}

}  // namespace

subject right_driver() {
    return with_habits([] { return habits{}; });
}

void add_wrong_drivers(std::vector<wrong_transport>& all) {
    all.push_back({"fires timers 10 ms late",
                   with_delays([](duration delay) { return delay > 0ms ? delay + 10ms : delay; }),
                   "DDL-03"});
    all.push_back({"fires timers a tenth too early",
                   with_delays([](duration delay) { return delay - delay / 10; }), "EST-05"});
    all.push_back({"forgets timers of more than a minute",
                   with_delays([](duration delay) { return delay > 1min ? delay * 10 : delay; }),
                   "DDL-03"});
    all.push_back({"fires timers in the order in which they were set", with_habits([] {
                       return habits{.after = [last = time_point{}](runtime& below, duration delay,
                                                                    work what) mutable {
                           last = std::max(last, below.now() + delay);
                           return below.after(last - below.now(), std::move(what));
                       }};
                   }),
                   "DDL-02"});
    all.push_back({"goes by the wall clock", with_habits([] {
                       return habits{.now = [](runtime const& below) {
                           return time_point(duration(below.wall_clock_us()));
                       }};
                   }),
                   "DDL-09"});
    all.push_back(
        {"tells the time of a tenth of a second ago", with_habits([] {
             return habits{.now = [](runtime const& below) {
                 return std::chrono::floor<std::chrono::duration<std::int64_t, std::deci>>(
                     below.now());
             }};
         }),
         "DDL-03"});
}

}  // namespace trunkline::conformance
