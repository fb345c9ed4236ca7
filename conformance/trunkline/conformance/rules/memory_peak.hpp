// How much memory the process takes beside what it had.
#pragma once

#include <cstddef>
#include <fstream>
#include <string>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace trunkline::conformance {

/// Counts from when it is made; one at a time. Where the system says nothing of us, and under
/// sanitizers, which keep what is freed, nothing has grown.
class memory_peak {
public:
    memory_peak() {
#ifdef __GLIBC__
        malloc_trim(0);  // what is free already would take what comes without growing
#endif
        std::ofstream reset("/proc/self/clear_refs");  // VmHWM begins anew
        counts_ = !is_sanitized && bool(reset << "5" << std::flush);
        before_ = field("VmRSS:");
    }

    /// Bytes, at the highest since then.
    [[nodiscard]] std::size_t growth() const {
        std::size_t const peak = field("VmHWM:");
        return counts_ && peak > before_ ? peak - before_ : 0;
    }

private:
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    static constexpr bool is_sanitized = true;
#else
    static constexpr bool is_sanitized = false;
#endif

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
