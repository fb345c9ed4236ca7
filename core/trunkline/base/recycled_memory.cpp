#include <trunkline/base/recycled_memory.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/base/sanitizers.hpp>

#include <algorithm>
#include <array>
#include <bit>

#if TRUNKLINE_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace trunkline {
namespace {

constexpr std::size_t smallest = 64;               // bytes of the first class; each doubles
constexpr std::size_t class_count = 14;            // up to 512 KiB
constexpr std::size_t small_class_count = 11;      // up to 64 KiB
constexpr std::size_t kept_per_class = 128 * kib;  // at most, of small ones
constexpr std::size_t kept_blocks_per_class = 64;  // at most
constexpr std::size_t kept_large_size = 1 * mib;   // at most, of all others together

constexpr std::size_t class_of(std::size_t size) noexcept {
    return size <= smallest
               ? 0
               : static_cast<std::size_t>(std::bit_width(size - 1) - std::bit_width(smallest - 1));
}
constexpr std::size_t size_of(std::size_t index) noexcept {
    return smallest << index;
}
constexpr std::size_t kept_of(std::size_t index) noexcept {
    std::size_t const size = index < small_class_count ? kept_per_class : kept_large_size;
    return std::min(kept_blocks_per_class, size / size_of(index));
}
constexpr std::size_t kept_of_all() noexcept {
    std::size_t sum = 0;
    for (std::size_t index = 0; index < small_class_count; ++index) {
        sum += kept_of(index) * size_of(index);
    }
    return sum + kept_large_size;
}
static_assert(class_of(64) == 0 && class_of(65) == 1 && class_of(128) == 1 && class_of(129) == 2);
static_assert(size_of(class_count - 1) == recycled_block_size_max);
static_assert(kept_of_all() <= recycled_size_max);

// Who looks at what nobody owns is found, as it would be without the recycling.
void forbid([[maybe_unused]] void* at, [[maybe_unused]] std::size_t size) noexcept {
#if TRUNKLINE_ADDRESS_SANITIZER
    ASAN_POISON_MEMORY_REGION(at, size);
#endif
}
void permit([[maybe_unused]] void* at, [[maybe_unused]] std::size_t size) noexcept {
#if TRUNKLINE_ADDRESS_SANITIZER
    ASAN_UNPOISON_MEMORY_REGION(at, size);
#endif
}

// Set when the thread ends, for what lives longer than what it has kept. It has no destructor, so
// it can be asked to the very end.
constinit thread_local bool thread_ends = false;

/// Nothing is written into what is kept: whoever wrongly writes there cannot lead us astray, and a
/// search for leaks sees it from here.
class kept_memory {
public:
    constexpr kept_memory() = default;
    kept_memory(kept_memory const&) = delete;
    kept_memory& operator=(kept_memory const&) = delete;
    ~kept_memory() {
        thread_ends = true;
        for (std::size_t index = 0; index < class_count; ++index) {
            while (void* const at = take(index)) {
                ::operator delete(at);
            }
        }
    }

    /// Null when there is none.
    [[nodiscard]] void* take(std::size_t index) noexcept {
        stack& from = stacks_[index];
        if (from.height == 0) {
            return nullptr;
        }
        void* const at = from.blocks[--from.height];
        large_size_ -= large_size_of(index);
        permit(at, size_of(index));
        return at;
    }

    /// False when there are enough.
    [[nodiscard]] bool put(void* at, std::size_t index) noexcept {
        stack& to = stacks_[index];
        if (to.height >= kept_of(index) || large_size_of(index) > kept_large_size - large_size_) {
            return false;
        }
        large_size_ += large_size_of(index);
        forbid(at, size_of(index));
        to.blocks[to.height++] = at;
        return true;
    }

    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t sum = 0;
        for (std::size_t index = 0; index < class_count; ++index) {
            sum += stacks_[index].height * size_of(index);
        }
        return sum;
    }

private:
    struct stack {
        std::size_t height = 0;
        std::array<void*, kept_blocks_per_class> blocks{};
    };

    /// What a block counts for against kept_large_size.
    static constexpr std::size_t large_size_of(std::size_t index) noexcept {
        return index < small_class_count ? 0 : size_of(index);
    }

    std::size_t large_size_ = 0;
    std::array<stack, class_count> stacks_{};
};

constinit thread_local kept_memory kept;

}  // namespace

void* take_recycled(std::size_t size) {
    std::size_t const index = class_of(size);
    if (index >= class_count) {
        return ::operator new(size);
    }
    void* const again = thread_ends ? nullptr : kept.take(index);
    return again != nullptr ? again : ::operator new(size_of(index));
}

void give_recycled(void* at, std::size_t size) noexcept {
    std::size_t const index = class_of(size);
    if (index >= class_count || thread_ends || !kept.put(at, index)) {
        ::operator delete(at);
    }
}

std::size_t recycled_size() noexcept {
    return thread_ends ? 0 : kept.size();
}

}  // namespace trunkline
