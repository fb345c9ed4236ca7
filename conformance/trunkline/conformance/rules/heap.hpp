// How much memory of the heap is in use, for rules that compare two moments.
#pragma once

#include <trunkline/base/sanitizers.hpp>
#include <trunkline/conformance/verdict.hpp>

#include <cstddef>

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif
#if TRUNKLINE_ADDRESS_SANITIZER || TRUNKLINE_THREAD_SANITIZER
// As in sanitizer/allocator_interface.h, which g++ does not bring along.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace trunkline::conformance {

/// Whether a sanitizer has the heap, which keeps what is freed.
inline constexpr bool heap_is_sanitized = TRUNKLINE_ADDRESS_SANITIZER || TRUNKLINE_THREAD_SANITIZER;

/// In bytes, of the whole process; what the heap itself keeps free is not counted. Throws
/// rule_not_applicable where nobody tells.
[[nodiscard]] inline std::size_t heap_in_use() {
#if TRUNKLINE_ADDRESS_SANITIZER || TRUNKLINE_THREAD_SANITIZER
    return __sanitizer_get_current_allocated_bytes();
#else
#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 33)
    auto const told = ::mallinfo2();
    if (told.uordblks + told.hblkhd != 0) {
        return told.uordblks + told.hblkhd;
    }
#endif
#endif
    throw rule_not_applicable{"the heap does not tell how much of it is in use"};
#endif
}

}  // namespace trunkline::conformance
