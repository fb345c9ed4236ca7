// Checksums of very many ranges of the same bytes.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/store/checksum_algebra.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace trunkline::store {

/// The first ranges are read as they are. Once twice the bytes have been read, a table of the
/// checksums up to every block is made (4 bytes for 256), and from then on a range costs the rest
/// of two blocks and a few multiplications; neighbouring ranges, and those with a common begin,
/// cost less. Not thread-safe; `bytes` must outlive it.
class range_checksums {
public:
    explicit range_checksums(bytes_view bytes) noexcept : bytes_(bytes) {}

    /// The checksum of the bytes from `begin` to `end` (at most the size of the bytes).
    [[nodiscard]] std::uint32_t of(std::uint64_t begin, std::uint64_t end);

    /// Bytes that were read so far, for tests: what bounds the work.
    [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

private:
    static constexpr std::uint64_t block_size = 256;
    static constexpr std::uint64_t nowhere = ~std::uint64_t{0};

    // What is known about a begin that was asked for.
    struct known_begin {
        std::uint64_t begin = nowhere;
        std::uint32_t before = 0;       // checksum of the bytes before it
        std::uint64_t block = nowhere;  // the begin of a block at or behind it
        std::uint32_t at_block = 0;     // `before`, with the bytes up to that block behind it
    };

    [[nodiscard]] std::uint32_t read(std::uint32_t checksum, std::uint64_t begin,
                                     std::uint64_t end) noexcept;
    [[nodiscard]] std::uint32_t before(std::uint64_t offset) noexcept;
    [[nodiscard]] std::uint32_t before_end(std::uint64_t end) noexcept;
    [[nodiscard]] known_begin& begin_at(std::uint64_t offset) noexcept;
    void build_prefixes();
    void fill_window() noexcept;

    checksum_algebra::byte_powers const& powers_ = checksum_algebra::byte_powers::table();
    bytes_view bytes_;
    std::uint64_t bytes_read_ = 0;
    std::vector<std::uint32_t> prefixes_;
    std::vector<known_begin> begins_;

    // The block that was last asked for as an end, and once that is worth while, the checksum
    // before each of its bytes.
    std::uint64_t window_block_ = nowhere;
    unsigned window_asked_ = 0;
    std::array<std::uint32_t, block_size> window_;
};

}  // namespace trunkline::store
