// The private memory of another process, from /proc: how much it has grown at the peak.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

namespace trunkline::hostile {

/// Watches from construction on. What is mapped from files (programs, the store) does not count.
class memory_watch {
public:
    explicit memory_watch(pid_t process);

    /// The highest anonymous memory since construction, above that at construction, in bytes.
    /// Exact: the kernel keeps the peak.
    [[nodiscard]] std::size_t peak_growth() const;

private:
    [[nodiscard]] std::size_t field(std::string const& file, std::string const& name) const;

    std::string folder_;
    std::size_t resident_before_;
    std::size_t files_before_;
};

}  // namespace trunkline::hostile
