#include <trunkline/store/mapping.hpp>

#include <trunkline/base/last_error.hpp>
#include <trunkline/store/entry.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace trunkline::store {

mapping::~mapping() {
    if (base_ != nullptr) {
        ::munmap(base_, size_);
    }
}

result<mapping> mapping::map(int descriptor, std::uint64_t needed, std::uint64_t wanted) {
    auto const page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    auto const round = [page](std::uint64_t size) { return (size + page - 1) / page * page; };
    auto const smallest = round(std::max<std::uint64_t>(needed, 1));
    for (auto size = std::max(round(wanted), smallest);;
         size = std::max(round(size / 2), smallest)) {
        void* const base = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
        if (base != MAP_FAILED) {
            return mapping(static_cast<std::byte*>(base), size);
        }
        if (size == smallest) {
            return last_error();
        }
    }
}

result<mapping> mapping::copy_of(bytes_view bytes) {
    auto const size = std::max<std::size_t>(bytes.size(), 1);
    void* const base =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) {
        return last_error();
    }
    std::ranges::copy(bytes, static_cast<std::byte*>(base));
    return mapping(static_cast<std::byte*>(base), size);
}

std::uint64_t mapping_size_wanted(std::uint64_t size) noexcept {
    constexpr auto least = std::uint64_t{64} << 30;
    return std::clamp(size > file_size_max / 16 ? file_size_max : size * 16, least, file_size_max);
}

}  // namespace trunkline::store
