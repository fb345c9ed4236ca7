// The threads of a server: all begin together, and all are told once to stop.
#pragma once

#include <trunkline/base/result.hpp>

#include <cstddef>
#include <functional>
#include <mutex>

namespace trunkline::server {

class crew {
public:
    /// Runs `work` with each index below `count`, 1 or more, on a thread of its own, 0 on the
    /// calling one, until all have come back. `stop` is to make them; it is called once, on the
    /// thread that asks for it, and must be safe there. An error when the system has no more
    /// threads: the others were stopped then.
    [[nodiscard]] result<void> run(std::size_t count, std::function<void(std::size_t)> const& work,
                                   std::function<void()> stop);

    /// Any thread, any time, again and again; before run(): that stops at once.
    void request_stop();

private:
    std::mutex mutex_;            // of both
    std::function<void()> stop_;  // while there is somebody to stop who was not
    bool is_requested_ = false;
};

}  // namespace trunkline::server
