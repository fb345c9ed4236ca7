// Judges in a process of its own, so that a crash or a hang is a verdict and not the end of all
// runs.
#pragma once

#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/subject.hpp>
#include <trunkline/conformance/verdict.hpp>
#include <trunkline/conformance/world.hpp>

#include <string>

#include <sys/types.h>

namespace trunkline::conformance {

/// One process that makes runs one after the other, and the next one where a run has ended it. It
/// is a copy of this one: rules and subjects are there before the first run, and stay. On one
/// thread.
class worker {
public:
    /// Whether this process can be copied: it has a single thread.
    [[nodiscard]] static bool is_possible();

    worker() = default;
    ~worker();
    worker(worker const&) = delete;
    worker& operator=(worker const&) = delete;

    /// As judge() (judge.hpp). A run that ends its process has failed, and so has one that takes
    /// more than twice the real time of its limits (run_limits): its process is killed. Throws
    /// std::system_error when no process can be made.
    [[nodiscard]] verdict judge(rule const& what, subject const& of, world_options const& how);

    /// Ends the process. What became of it where that is not in order, such as the exit code of a
    /// sanitizer that has found leaks; else empty.
    [[nodiscard]] std::string end();

private:
    void begin();
    [[nodiscard]] std::string wait_for_end();

    pid_t process_ = 0;  // none
    int link_ = -1;      // to it
};

}  // namespace trunkline::conformance
