#include <trunkline/frame/checksum.hpp>

#include <libdeflate.h>

#include <array>

namespace trunkline::frame {

// A null pointer would make libdeflate start afresh.
std::uint32_t checksum(std::uint32_t before, bytes_view more) noexcept {
    return more.empty() ? before : libdeflate_crc32(before, more.data(), more.size());
}

void put_check(gather_queue& to, std::uint32_t sum) {
    std::array<std::byte, check_size> bytes;
    store_le(bytes.data(), sum);
    to.append_copy(bytes);
}

}  // namespace trunkline::frame
