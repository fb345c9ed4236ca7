#include <trunkline/base/growing_buffer.hpp>

#include <trunkline/base/message_pages.hpp>
#include <trunkline/base/recycled_memory.hpp>

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace trunkline {
namespace {

constexpr std::size_t heap_size_max = 128 * 1024;  // from here on the bytes are mapped
constexpr std::size_t heap_size_min = 64;          // as recycled memory has it: powers of two
constexpr std::size_t mapped_step = 256 * 1024;    // untouched pages of the last step cost nothing

constexpr std::size_t round_up(std::size_t size, std::size_t unit) noexcept {
    return (size + unit - 1) / unit * unit;
}

std::byte* take_heap(std::size_t size) noexcept {
    try {
        return static_cast<std::byte*>(take_recycled(size));
    } catch (std::bad_alloc const&) {
        return nullptr;
    }
}

void give_heap(std::byte* at, std::size_t size) noexcept {
    if (at != nullptr) {
        give_recycled(at, size);
    }
}

}  // namespace

growing_buffer::growing_buffer(growing_buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)),
      mapped_size_(std::exchange(other.mapped_size_, 0)) {}

growing_buffer& growing_buffer::operator=(growing_buffer&& other) noexcept {
    growing_buffer taken(std::move(other));
    std::swap(data_, taken.data_);
    std::swap(size_, taken.size_);
    std::swap(capacity_, taken.capacity_);
    std::swap(mapped_size_, taken.mapped_size_);
    return *this;
}

growing_buffer::~growing_buffer() {
    clear();
}

void growing_buffer::clear() noexcept {
    if (mapped()) {
        give_pages({data_, mapped_size_}, mapped_size_ - capacity_);
    } else {
        give_heap(data_, capacity_);
    }
    data_ = nullptr;
    size_ = 0;
    capacity_ = 0;
    mapped_size_ = 0;
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
        std::size_t const capacity = std::max(heap_size_min, std::bit_ceil(wanted));
        std::byte* const at = take_heap(capacity);
        if (at == nullptr) {
            return false;
        }
        if (size_ > 0) {
            std::memcpy(at, data_, size_);
        }
        give_heap(data_, capacity_);
        data_ = at;
        capacity_ = capacity;
        return true;
    }
    return grow_mapped(round_up(wanted, mapped_step));
}

bool growing_buffer::grow_mapped(std::size_t capacity) noexcept {
    std::size_t const spare = mapped() ? mapped_size_ - capacity_ : 0;
    if (mapped()) {
        use_spare_pages(std::min(spare, capacity - capacity_));
    }
    if (capacity <= mapped_size_) {
        capacity_ = capacity;
        return true;
    }
    page_run const run =
        mapped() ? extend_pages({data_, mapped_size_}, capacity) : take_pages(capacity);
    if (run.at == nullptr) {
        capacity_ += spare;
        return false;
    }
    if (!mapped()) {
        if (size_ > 0) {
            std::memcpy(run.at, data_, size_);
        }
        give_heap(data_, capacity_);
    }
    data_ = run.at;
    mapped_size_ = run.size;
    capacity_ = capacity;
    return true;
}

}  // namespace trunkline
