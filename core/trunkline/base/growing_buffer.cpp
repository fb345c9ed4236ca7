#include <trunkline/base/growing_buffer.hpp>

#include <algorithm>
#include <cstdlib>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace trunkline {
namespace {

constexpr std::size_t heap_size_max = 128 * 1024;  // from here on the bytes are mapped
constexpr std::size_t page_size = 4096;
constexpr std::size_t mapped_step = 256 * 1024;  // untouched pages of the last step cost nothing

constexpr std::size_t round_up(std::size_t size, std::size_t unit) noexcept {
    return (size + unit - 1) / unit * unit;
}

std::size_t heap_capacity(std::size_t wanted, std::size_t current) noexcept {
    return std::min(heap_size_max, std::max(wanted, current * 2));
}

#if defined(__linux__)
std::byte* map_pages(std::size_t size) noexcept {
    void* const at =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? nullptr : static_cast<std::byte*>(at);
}

std::byte* extend_pages(std::byte* from, std::size_t old_size, std::size_t size) noexcept {
    void* const at = mremap(from, old_size, size, MREMAP_MAYMOVE);
    return at == MAP_FAILED ? nullptr : static_cast<std::byte*>(at);
}

void unmap_pages(std::byte* at, std::size_t size) noexcept {
    munmap(at, size);
}
#else
// Elsewhere realloc of a large block is as near as the C library comes.
std::byte* map_pages(std::size_t size) noexcept {
    return static_cast<std::byte*>(std::malloc(size));
}

std::byte* extend_pages(std::byte* from, std::size_t, std::size_t size) noexcept {
    return static_cast<std::byte*>(std::realloc(from, size));
}

void unmap_pages(std::byte* at, std::size_t) noexcept {
    std::free(at);
}
#endif

}  // namespace

growing_buffer::growing_buffer(growing_buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)),
      mapped_(std::exchange(other.mapped_, false)) {}

growing_buffer& growing_buffer::operator=(growing_buffer&& other) noexcept {
    growing_buffer taken(std::move(other));
    std::swap(data_, taken.data_);
    std::swap(size_, taken.size_);
    std::swap(capacity_, taken.capacity_);
    std::swap(mapped_, taken.mapped_);
    return *this;
}

growing_buffer::~growing_buffer() {
    clear();
}

void growing_buffer::clear() noexcept {
    if (mapped_) {
        unmap_pages(data_, round_up(capacity_, page_size));
    } else {
        std::free(data_);
    }
    data_ = nullptr;
    size_ = 0;
    capacity_ = 0;
    mapped_ = false;
}

bool growing_buffer::append(bytes_view bytes) noexcept {
    if (bytes.empty()) {
        return true;
    }
    if (bytes.size() > capacity_ - size_ && !grow(size_ + bytes.size())) {
        return false;
    }
    std::memcpy(data_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
    return true;
}

bool growing_buffer::grow(std::size_t wanted) noexcept {
    if (wanted <= heap_size_max) {
        std::size_t const capacity = heap_capacity(wanted, capacity_);
        void* const at = std::realloc(data_, capacity);
        if (at == nullptr) {
            return false;
        }
        data_ = static_cast<std::byte*>(at);
        capacity_ = capacity;
        return true;
    }
    std::size_t const capacity = round_up(wanted, mapped_step);
    std::byte* const at = mapped_ ? extend_pages(data_, capacity_, capacity) : map_pages(capacity);
    if (at == nullptr) {
        return false;
    }
    if (!mapped_) {
        if (size_ > 0) {
            std::memcpy(at, data_, size_);
        }
        std::free(data_);
        mapped_ = true;
    }
    data_ = at;
    capacity_ = capacity;
    return true;
}

}  // namespace trunkline
