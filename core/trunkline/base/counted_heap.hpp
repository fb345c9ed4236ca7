// For tests: how often a program allocates. Included by one source file of a program, whose
// operator new it replaces.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace trunkline::testing {

/// By all threads that count.
inline std::atomic<std::size_t> heap_allocations{0};

/// The same of what they have freed.
inline std::atomic<std::size_t> heap_releases{0};

/// Whether what this thread allocates and frees is counted.
inline thread_local bool heap_counted = true;

/// How often `work` allocates, together with the other threads that count.
template <class Work>
[[nodiscard]] std::size_t allocations_of(Work const& work) {
    std::size_t const before = heap_allocations;
    work();
    return heap_allocations - before;
}

/// Blocks that are allocated and not freed, as far as all of it was counted.
[[nodiscard]] inline std::size_t blocks_in_use() noexcept {
    return heap_allocations - heap_releases;
}

/// The least of a few rounds: what comes with the time, as the timers of a loop, is not counted.
template <class Work>
[[nodiscard]] std::size_t least_allocations_of(Work const& work) {
    std::size_t least = allocations_of(work);
    for (int round = 1; round < 5 && least > 0; ++round) {
        least = std::min(least, allocations_of(work));
    }
    return least;
}

}  // namespace trunkline::testing

// Not inlined, or g++ 12 sees only one half of a pair and warns of a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
    if (trunkline::testing::heap_counted) {
        trunkline::testing::heap_allocations.fetch_add(1, std::memory_order_relaxed);
    }
    if (void* const at = std::malloc(size == 0 ? 1 : size)) {
        return at;
    }
    throw std::bad_alloc();
}

// Both forms of new, or a sanitizer sees its own and our delete. Those that align are pairs of
// their own, and are not counted.
[[gnu::noinline]] void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
    if (trunkline::testing::heap_counted) {
        trunkline::testing::heap_allocations.fetch_add(1, std::memory_order_relaxed);
    }
    return std::malloc(size == 0 ? 1 : size);
}

[[gnu::noinline]] void operator delete(void* at) noexcept {
    if (trunkline::testing::heap_counted && at != nullptr) {
        trunkline::testing::heap_releases.fetch_add(1, std::memory_order_relaxed);
    }
    std::free(at);
}

[[gnu::noinline]] void operator delete(void* at, std::size_t) noexcept {
    operator delete(at);
}
