// The two digests of the format: the hash of a key and the checksum of a payload.
#pragma once

#include <trunkline/base/bytes.hpp>

#include <array>
#include <cstdint>

namespace trunkline::store {

/// XXH3, 64 bits, seed 0, default secret (FORMAT.md, "Key hash"). Any bytes are a key, also none.
[[nodiscard]] std::uint64_t hash_key(bytes_view key) noexcept;

/// CRC-32 as in zlib, PNG and Ethernet; not CRC-32C (FORMAT.md, "Checksum").
[[nodiscard]] std::uint32_t checksum_of(bytes_view payload) noexcept;

/// The checksum of what `checksum` stands for, followed by `more`.
[[nodiscard]] std::uint32_t extend_checksum(std::uint32_t checksum, bytes_view more) noexcept;

/// A key inside a name space: LE64(hash of the name space), LE64(hash of the key). It is used as a
/// key like any other (FORMAT.md, "Name spaces").
[[nodiscard]] std::array<std::byte, 16> namespaced_key(bytes_view name_space,
                                                       bytes_view key) noexcept;

/// The checksum of `first` followed by `second`, from the checksum of each and the size in bytes of
/// the second.
[[nodiscard]] std::uint32_t combine_checksums(std::uint32_t first, std::uint32_t second,
                                              std::uint64_t second_size) noexcept;

}  // namespace trunkline::store
