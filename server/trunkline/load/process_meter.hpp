// What another process takes: CPU time and memory, as the system counts them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace trunkline::load {

/// Memory of a process that nobody else has, in bytes.
struct memory {
    std::uint64_t own = 0;       ///< private pages without those of mapped files
    std::uint64_t mapped = 0;    ///< pages of shared mappings that only this process has there
    std::uint64_t resident = 0;  ///< all pages there, shared ones too
};

/// Adds up the text of /proc/PID/smaps.
[[nodiscard]] memory read_smaps(std::string_view text);

/// A process by its number; 0 stands for one that takes nothing.
class process_meter {
public:
    /// Throws std::runtime_error when there is no such process.
    explicit process_meter(int pid);

    /// CPU time of all its threads since it began, those that have ended too.
    [[nodiscard]] std::chrono::nanoseconds cpu_time() const;

    /// Its memory now.
    [[nodiscard]] memory memory_now() const;

private:
    int pid_;
    int clock_ = 0;
};

/// CPU time of this process.
[[nodiscard]] std::chrono::nanoseconds own_cpu_time();

/// Runs this process on one CPU from now on. Throws std::runtime_error when it may not.
void pin_to(int cpu);

}  // namespace trunkline::load
