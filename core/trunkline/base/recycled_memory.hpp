// Memory that is used again by the thread that lets go of it: for what comes and goes with every
// call.
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <vector>

namespace trunkline {

/// At least `size` bytes, aligned as by operator new: what this thread has let go of before, or new
/// ones. Throws std::bad_alloc. Whoever takes them owns them, on any thread and as long as it
/// likes, also when the thread that took them has ended.
[[nodiscard]] void* take_recycled(std::size_t size);

/// Keeps them for the next of about this size on this thread, which may be another one than has
/// taken them, or frees them: blocks above recycled_block_size_max, those that would be more than
/// recycled_size_max on this thread, and all once the thread ends and its thread_local objects go.
/// `size` is that of take_recycled().
void give_recycled(void* at, std::size_t size) noexcept;

/// Bytes that this thread keeps just now.
[[nodiscard]] std::size_t recycled_size() noexcept;

/// The same for containers and shared objects.
template <class Object>
class recycling_allocator {
public:
    using value_type = Object;

    recycling_allocator() noexcept = default;
    template <class Other>
    explicit(false) recycling_allocator(recycling_allocator<Other> const&) noexcept {}

    /// Throws std::bad_alloc.
    [[nodiscard]] Object* allocate(std::size_t count) {
        if (count > std::numeric_limits<std::size_t>::max() / sizeof(Object)) {
            throw std::bad_array_new_length();
        }
        if constexpr (is_usual) {
            return static_cast<Object*>(take_recycled(count * sizeof(Object)));
        } else {
            return static_cast<Object*>(
                ::operator new(count * sizeof(Object), std::align_val_t(alignof(Object))));
        }
    }
    void deallocate(Object* at, std::size_t count) noexcept {
        if constexpr (is_usual) {
            give_recycled(at, count * sizeof(Object));
        } else {
            ::operator delete(at, std::align_val_t(alignof(Object)));
        }
    }

    template <class Other>
    friend bool operator==(recycling_allocator const&, recycling_allocator<Other> const&) noexcept {
        return true;
    }

private:
    static constexpr bool is_usual = alignof(Object) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__;
};

/// For lists that come and go with every call.
template <class Element>
using recycled_vector = std::vector<Element, recycling_allocator<Element>>;

}  // namespace trunkline
