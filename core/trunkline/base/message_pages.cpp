#include <trunkline/base/message_pages.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/limits.hpp>

#include <algorithm>
#include <array>
#include <mutex>
#include <span>

#if defined(__linux__)
#include <sys/mman.h>
#else
#include <cstdlib>
#endif

namespace trunkline {
namespace {

constexpr std::size_t kept_runs_max = 64;

#if defined(__linux__)
std::byte* map_pages(std::size_t size) noexcept {
    void* const at =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? nullptr : static_cast<std::byte*>(at);
}

std::byte* remap_pages(page_run run, std::size_t size) noexcept {
    void* const at = mremap(run.at, run.size, size, MREMAP_MAYMOVE);
    return at == MAP_FAILED ? nullptr : static_cast<std::byte*>(at);
}

void unmap_pages(page_run run) noexcept {
    munmap(run.at, run.size);
}
#else
// Elsewhere realloc of a large block is as near as the C library comes.
std::byte* map_pages(std::size_t size) noexcept {
    return static_cast<std::byte*>(std::malloc(size));
}

std::byte* remap_pages(page_run run, std::size_t size) noexcept {
    return static_cast<std::byte*>(std::realloc(run.at, size));
}

void unmap_pages(page_run run) noexcept {
    std::free(run.at);
}
#endif

/// What nobody uses, of all threads: a message may end on another thread than it began on.
class spare_store {
public:
    // The shortest that is long enough: pages beyond what is asked for help nobody else.
    page_run take(std::size_t size) noexcept {
        std::lock_guard const lock(mutex_);
        page_run* best = nullptr;
        for (page_run& each : kept()) {
            if (each.size >= size && (best == nullptr || each.size < best->size)) {
                best = &each;
            }
        }
        if (best == nullptr) {
            return {};
        }
        page_run const taken = *best;
        *best = runs_[--count_];
        bytes_ -= size;
        return taken;
    }

    void use(std::size_t size) noexcept {
        std::lock_guard const lock(mutex_);
        TRUNKLINE_ASSERT(size <= bytes_);
        bytes_ -= size;
    }

    bool put(page_run run, std::size_t spare) noexcept {
        std::lock_guard const lock(mutex_);
        TRUNKLINE_ASSERT(spare <= bytes_ && spare <= run.size);
        bytes_ -= spare;
        if (count_ == runs_.size() || run.size > spare_pages_size_max - bytes_) {
            return false;
        }
        runs_[count_++] = run;
        bytes_ += run.size;
        return true;
    }

    std::size_t bytes() noexcept {
        std::lock_guard const lock(mutex_);
        return bytes_;
    }

private:
    std::span<page_run> kept() noexcept { return std::span(runs_).first(count_); }

    std::mutex mutex_;
    std::array<page_run, kept_runs_max> runs_{};
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;  // of the runs, and spare ones in use; never above spare_pages_size_max
};

constinit spare_store spares;

}  // namespace

page_run take_pages(std::size_t size) noexcept {
    page_run run = spares.take(size);
    if (run.at == nullptr) {
        run = {map_pages(size), size};
    }
    return run.at == nullptr ? page_run() : run;
}

void use_spare_pages(std::size_t size) noexcept {
    spares.use(size);
}

page_run extend_pages(page_run run, std::size_t size) noexcept {
    std::byte* const at = remap_pages(run, size);
    return at == nullptr ? page_run() : page_run{at, size};
}

void give_pages(page_run run, std::size_t spare) noexcept {
    if (!spares.put(run, spare)) {
        unmap_pages(run);
    }
}

std::size_t spare_pages() noexcept {
    return spares.bytes();
}

}  // namespace trunkline
