// How much memory the process takes beside what it had.
#pragma once

#include <trunkline/conformance/rules/heap.hpp>

#include <cstddef>
#include <fstream>
#include <string>

namespace trunkline::conformance {

/// Counts from when it is made; one at a time. Where the system says nothing of us, and under
/// sanitizers, which keep what is freed, it is what the heap has now in place of the highest.
class memory_peak {
public:
    /// Throws rule_not_applicable where nobody tells.
    memory_peak() {
#ifdef __GLIBC__
        malloc_trim(0);  // what is free already would take what comes without growing
#endif
        std::ofstream reset("/proc/self/clear_refs");  // VmHWM begins anew
        counts_ = !heap_is_sanitized && bool(reset << "5" << std::flush);
        before_ = counts_ ? field("VmRSS:") : heap_in_use();
    }

    /// Bytes, at the highest since then.
    [[nodiscard]] std::size_t growth() const {
        std::size_t const now = counts_ ? field("VmHWM:") : heap_in_use();
        return now > before_ ? now - before_ : 0;
    }

private:
    // 0 where it is not told.
    static std::size_t field(std::string const& name) {
        std::ifstream from("/proc/self/status");
        for (std::string word; from >> word;) {
            std::size_t kib = 0;
            if (word == name && from >> kib) {
                return kib * 1024;
            }
        }
        return 0;
    }

    bool counts_ = false;
    std::size_t before_ = 0;
};

}  // namespace trunkline::conformance
