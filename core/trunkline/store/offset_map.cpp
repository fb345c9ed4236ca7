#include <trunkline/store/offset_map.hpp>

#include <sys/mman.h>

namespace trunkline::store {

offset_map::offset_map(std::uint64_t size) noexcept : bytes_(size / 4 + 1) {
    void* const memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    cells_ = memory == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(memory);
}

offset_map::~offset_map() {
    if (cells_ != nullptr) {
        ::munmap(cells_, bytes_);
    }
}

}  // namespace trunkline::store
