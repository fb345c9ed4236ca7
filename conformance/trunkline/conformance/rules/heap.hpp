// How much memory of the heap is in use, for rules that compare two moments.
#pragma once

#include <trunkline/conformance/verdict.hpp>

#include <cstddef>

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TRUNKLINE_SANITIZED_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TRUNKLINE_SANITIZED_HEAP 1
#endif
#endif
#ifdef TRUNKLINE_SANITIZED_HEAP
// As in sanitizer/allocator_interface.h, which g++ does not bring along.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace trunkline::conformance {

/// Whether a sanitizer has the heap, which keeps what is freed.
inline constexpr bool heap_is_sanitized =
#ifdef TRUNKLINE_SANITIZED_HEAP
    true;
#else
    false;
#endif

/// In bytes, of the whole process; what the heap itself keeps free is not counted. Throws
/// rule_not_applicable where nobody tells.
[[nodiscard]] inline std::size_t heap_in_use() {
#ifdef TRUNKLINE_SANITIZED_HEAP
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
