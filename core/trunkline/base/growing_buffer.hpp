// One message as it arrives: contiguous bytes that grow without copying and give their memory back
// at once.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/heap_cost.hpp>

#include <cstddef>

namespace trunkline {

/// A contiguous, growing run of bytes for message assembly. Small ones are recycled memory; from
/// 128 KiB on the bytes live in a private mapping that the kernel extends in place or moves by page
/// table (mremap), so a growing message is never held twice and no memory is reserved ahead of
/// arrival; release gives every page back at once (message_pages.hpp). Not thread-safe. Views are
/// invalidated by append, clear and destruction.
class growing_buffer {
public:
    growing_buffer() noexcept = default;
    growing_buffer(growing_buffer&& other) noexcept;
    growing_buffer& operator=(growing_buffer&& other) noexcept;
    ~growing_buffer();

    /// Adds `bytes` at the end. False when memory is exhausted; the buffer is then unchanged.
    [[nodiscard]] bool append(bytes_view bytes) noexcept;

    /// Forgets the contents and gives the memory back.
    void clear() noexcept;

    [[nodiscard]] bytes_view view() const noexcept { return {data_, size_}; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Memory taken, in bytes, with what the allocator keeps beside it: what this buffer counts for
    /// against a connection's bound.
    [[nodiscard]] std::size_t memory_taken() const noexcept {
        return mapped() ? capacity_ : heap_cost(capacity_);
    }

private:
    [[nodiscard]] bool mapped() const noexcept { return mapped_size_ > 0; }
    bool grow(std::size_t wanted) noexcept;
    bool grow_mapped(std::size_t capacity) noexcept;

    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::size_t mapped_size_ = 0;  // more than the capacity where the run was another's before
};

}  // namespace trunkline
