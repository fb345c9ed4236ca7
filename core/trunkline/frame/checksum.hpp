// What guards checked frames (extension/FORMAT.md, "Checks").
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/gather_queue.hpp>

#include <cstddef>
#include <cstdint>

namespace trunkline::frame {

/// Bytes of one check, behind a header or behind a payload.
inline constexpr std::size_t check_size = 4;

/// Bytes that the checks of a frame take: one behind its header, and one behind a payload.
[[nodiscard]] constexpr std::size_t checks_size(std::size_t payload_size) noexcept {
    return payload_size > 0 ? 2 * check_size : check_size;
}

/// CRC-32 as of zlib: `before` is that of the bytes before `more`, 0 for none. Every change of up
/// to 32 bits in a row changes it.
[[nodiscard]] std::uint32_t checksum(std::uint32_t before, bytes_view more) noexcept;

/// Queues a check of what adds up to `sum`.
void put_check(gather_queue& to, std::uint32_t sum);

}  // namespace trunkline::frame
