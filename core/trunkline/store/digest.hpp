// The two digests of the format: the hash of a key and the checksum of a payload.
#pragma once

#include <trunkline/base/bytes.hpp>

#include <array>
#include <cstdint>
#include <vector>

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

/// Checksums of many ranges of the same bytes in bounded time: the first ones are computed straight
/// from the bytes; once more than twice the bytes have been read, a table of prefix checksums is
/// made (4 bytes per KiB), and from then on any range costs at most 2 KiB of reading. Not
/// thread-safe; `bytes` must outlive it.
class range_checksums {
public:
    explicit range_checksums(bytes_view bytes) noexcept : bytes_(bytes) {}

    /// The checksum of the bytes from `begin` to `end` (at most the size of the bytes).
    [[nodiscard]] std::uint32_t of(std::uint64_t begin, std::uint64_t end);

private:
    [[nodiscard]] std::uint32_t prefix(std::uint64_t end) const noexcept;
    void build_prefixes();

    bytes_view bytes_;
    std::uint64_t read_directly_ = 0;
    std::vector<std::uint32_t> prefixes_;
};

}  // namespace trunkline::store
