#include <trunkline/serving/crew.hpp>

#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace trunkline::server {

result<void> crew::run(std::size_t count, std::function<void(std::size_t)> const& work,
                       std::function<void()> stop) {
    {
        std::lock_guard const lock(mutex_);
        if (is_requested_) {
            stop();
        } else {
            stop_ = std::move(stop);
        }
    }
    result<void> ended;
    std::vector<std::thread> threads;
    threads.reserve(count);
    try {
        for (std::size_t i = 1; i < count; ++i) {
            threads.emplace_back([&work, i] { work(i); });
        }
    } catch (std::system_error const& fault) {
        ended = error_code(fault.code().value(), boost::system::system_category());
        request_stop();
    }
    work(0);
    for (std::thread& each : threads) {
        each.join();
    }
    std::lock_guard const lock(mutex_);
    stop_ = nullptr;
    return ended;
}

void crew::request_stop() {
    std::lock_guard const lock(mutex_);
    is_requested_ = true;
    if (auto const stop = std::exchange(stop_, nullptr)) {
        stop();
    }
}

}  // namespace trunkline::server
