#include <trunkline/store/offset_map.hpp>

#include <sys/mman.h>

#include <bit>

namespace trunkline::store {
namespace {

// Maps up to this size take their memory in few large pieces, as most of the time would go into
// many small ones. In bytes.
inline constexpr std::uint64_t small_map = 32 << 20;

}  // namespace

// Whole groups of 64 offsets.
offset_map::offset_map(std::uint64_t size) noexcept : bytes_((size / 64 + 1) * 32) {
    void* const memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return;
    }
    words_ = static_cast<std::uint64_t*>(memory);
    if (bytes_ <= small_map) {
        static_cast<void>(::madvise(memory, bytes_, MADV_HUGEPAGE));
    }
}

offset_map::~offset_map() {
    if (words_ != nullptr) {
        ::munmap(words_, bytes_);
    }
}

std::optional<std::uint64_t> offset_map::last_mark(std::uint64_t limit,
                                                   unsigned passed) const noexcept {
    auto at = limit / cells;
    auto found = marked(words_[at], passed) & ~(~std::uint64_t{0} << shift_of(limit));
    while (found == 0) {
        if (at == 0) {
            return std::nullopt;
        }
        found = marked(words_[--at], passed);
    }
    return at * cells + (63U - static_cast<unsigned>(std::countl_zero(found))) / 4;
}

}  // namespace trunkline::store
