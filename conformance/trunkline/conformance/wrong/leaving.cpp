// What leaves things behind: nothing else is wrong with it, so that only who counts them sees it.
#include <trunkline/conformance/rules/heap.hpp>
#include <trunkline/conformance/sockets.hpp>
#include <trunkline/conformance/wrong/changed.hpp>
#include <trunkline/transport/file_descriptor.hpp>
#include <trunkline/transport/passing_runtime.hpp>

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using transport::runtime;
using transport::timer;
using work = std::function<void()>;

// Few enough for rules that compare the heap before and after many connections.
constexpr std::size_t kept_of_each_link = 64;

subject with_kept_buffers() {
    auto const kept = std::make_shared<std::list<std::vector<std::byte>>>();
    return with_links(stack::plain, [kept](link inner, bool) {
        kept->emplace_back(kept_of_each_link);
        return inner;
    });
}

// A loop on another one that keeps work when it has run it.
class keeping_loop final : public transport::passing_runtime {
public:
    using passing_runtime::passing_runtime;
    ~keeping_loop() override {
        kept_.clear();
        drop_commons();
        kept_.clear();
    }

    void post(work what) override {
        std::lock_guard const lock(mutex_);
        kept_.push_back(std::move(what));
        passing_runtime::post([&one = kept_.back()] { one(); });
    }

private:
    std::mutex mutex_;
    std::list<work> kept_;
};

subject with_kept_work() {
    subject made = simulated(stack::plain);
    made.drive = [](runtime& below) { return std::make_unique<keeping_loop>(below); };
    return made;
}

// A network that does something whenever somebody listens.
class beginning_network final : public transport::network {
public:
    beginning_network(transport::network& below, work begin)
        : below_(below), begin_(std::move(begin)) {}

    result<std::unique_ptr<transport::listener>> listen(runtime& loop,
                                                        std::string_view url) override {
        begin_();
        return below_.listen(loop, url);
    }
    std::unique_ptr<transport::dialer> make_dialer(runtime& loop) override {
        return below_.make_dialer(loop);
    }

private:
    transport::network& below_;
    work begin_;
};

subject with_threads() {
    auto const kept = std::make_shared<std::list<std::jthread>>();
    return with_network(stack::plain, [kept](transport::network& below, runtime&) {
        return std::make_unique<beginning_network>(below, [kept] {
            kept->emplace_back([](std::stop_token const& end) {
                std::mutex mutex;
                std::unique_lock lock(mutex);
                std::condition_variable_any().wait(lock, end, [] { return false; });
            });
        });
    });
}

subject with_descriptors() {
    auto const kept = std::make_shared<std::list<transport::file_descriptor>>();
    return with_network(stack::plain, [kept](transport::network& below, runtime&) {
        return std::make_unique<beginning_network>(
            below, [kept] { kept->emplace_back(::dup(STDERR_FILENO)); });
    });
}

// Does nothing, again and again.
class restless {
public:
    explicit restless(runtime& loop) : loop_(loop) { again(); }

private:
    void again() {
        next_ = loop_.after(5ms, [this] { again(); });
    }

    runtime& loop_;
    std::unique_ptr<timer> next_;
};

// Over sockets: on virtual time, time would never be up.
subject with_restless_task() {
    return with_network(socket_subjects().front(), [](transport::network& below, runtime& loop) {
        return std::make_unique<beginning_network>(
            below,
            [&loop, all = std::make_shared<std::list<restless>>()] { all->emplace_back(loop); });
    });
}

}  // namespace

void add_leaving_parts(std::vector<wrong_transport>& to) {
    if (!heap_is_sanitized) {  // those look for bytes themselves
        to.push_back({"keeps 64 bytes of each connection", with_kept_buffers(), "EST-10"});
    }
    to.push_back({"leaves a descriptor open", with_descriptors(), "EST-10"});
    to.push_back({"keeps work that it has done", with_kept_work(), "EST-10"});
    to.push_back({"leaves a thread behind", with_threads(), "EST-10"});
    to.push_back({"has a task that posts itself again", with_restless_task(), "EST-10"});
}

}  // namespace trunkline::conformance
