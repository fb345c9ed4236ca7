#include <trunkline/store/key_index.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>
#include <random>

namespace trunkline::store {
namespace {

std::uint64_t secret_number() {
    std::random_device source;
    return (std::uint64_t{source()} << 32) | source();
}

}  // namespace

index_table::index_table(slot* slots, std::uint64_t capacity, std::uint64_t secret) noexcept
    : slots_(slots),
      capacity_(capacity),
      shift_(64U - static_cast<unsigned>(std::countr_zero(capacity))),
      multiplier_(secret | 1) {}

result<std::unique_ptr<index_table>> index_table::make(std::uint64_t capacity) {
    return make(capacity, secret_number());
}

result<std::unique_ptr<index_table>> index_table::make_like(std::uint64_t capacity) const {
    return make(capacity, multiplier_);
}

result<std::unique_ptr<index_table>> index_table::make(std::uint64_t capacity,
                                                       std::uint64_t secret) {
    // Fresh pages are zero, which is the empty slot, and are not touched before they are used.
    void* const memory = ::mmap(nullptr, capacity * sizeof(slot), PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return make_error_code(boost::system::errc::not_enough_memory);
    }
    // A table is looked at everywhere, so its pages had better be few. Where that is not possible,
    // nothing is lost.
    static_cast<void>(::madvise(memory, capacity * sizeof(slot), MADV_HUGEPAGE));
    auto* const made = new (std::nothrow) index_table(static_cast<slot*>(memory), capacity, secret);
    if (made == nullptr) {
        ::munmap(memory, capacity * sizeof(slot));
        return make_error_code(boost::system::errc::not_enough_memory);
    }
    return std::unique_ptr<index_table>(made);
}

index_table::~index_table() {
    ::munmap(slots_, size_in_memory());
}

std::uint64_t index_table::capacity_for(std::uint64_t keys) noexcept {
    // 13 of 16 leaves room to write before 7 of 8 is reached; one more key doubles the table to
    // 13 of 32, which is 19.7 bytes per key.
    auto const slots = keys / 13 * 16 + 16;
    return std::bit_ceil(std::max(slots, capacity_min));
}

}  // namespace trunkline::store
