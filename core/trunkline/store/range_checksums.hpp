// Checksums of very many ranges of the same bytes.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/store/checksum_algebra.hpp>
#include <trunkline/store/checksum_product.hpp>
#include <trunkline/store/entry.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace trunkline::store {

/// Compares the checksums of ranges with what the bytes themselves say: behind each end lies a
/// trailer, with the checksum in its last four bytes.
///
/// The first ranges are read as they are. Once as many bytes have been read as there are, a table
/// of the checksums up to every block is made (4 bytes for 64), and from then on a range costs the
/// rest of two blocks and two products; neighbouring ranges, and those with a common begin, cost
/// less. Not thread-safe; `bytes` must outlive it.
class range_checksums {
public:
    explicit range_checksums(bytes_view bytes) noexcept : bytes_(bytes) {}

    /// True when the bytes from `begin` to the trailer at `end` have the checksum that it says.
    [[nodiscard]] bool match(std::uint64_t begin, std::uint64_t end);

    /// Of the bits i that are set in `among` those for which all bytes before the trailer at
    /// `first_end` + i have the checksum that it says. `first_end` is a multiple of 64.
    [[nodiscard]] std::uint64_t match_from_begin(std::uint64_t first_end, std::uint64_t among);

    /// Makes sound_under() possible for the ends whose bits are set. False as long as match() reads
    /// every range as it is, which is better then.
    [[nodiscard]] bool prepare(std::uint64_t first_end, std::uint64_t among);

    /// Under which alignments an entry with a pad begins at `begin`, if its trailer is the one at
    /// `end`, which was prepared: the pad is zero, and the checksum right.
    [[nodiscard]] alignment_set sound_under(std::uint64_t begin, std::uint64_t end) noexcept {
        auto& known = begins_[place_of(begin)];
        if (known.begin != begin) {
            learn(known, begin);
        }
        unsigned equal = 0;
        for (std::size_t i = 0; i < alignments.size(); ++i) {
            equal |= unsigned{known.before[i] == wanted_[end % 64]} << i;
        }
        return alignment_set::of_bits(equal & known.padded.bits());
    }

    /// True when ranges are not read any more.
    [[nodiscard]] bool has_tables() const noexcept { return !prefixes_.empty(); }

    /// Fetches what is needed for a range that begins or ends at `offset`.
    void prefetch(std::uint64_t offset) const noexcept {
        if (has_tables()) {
            __builtin_prefetch(prefixes_.data() + offset / block_size);
            __builtin_prefetch(bytes_.data() + offset / block_size * block_size);
            __builtin_prefetch(bytes_.data() + offset);
            // g++ leaves out calls of what does nothing but prefetch.
            asm volatile("");
        }
    }

    /// The same for what sound_under() needs of a begin, unless it is known.
    void prefetch_begin(std::uint64_t begin) const noexcept {
        if (has_tables() && begins_[place_of(begin)].begin != begin) {
            prefetch(begin);
        }
    }

    /// Bytes that were read so far, for tests: what bounds the work.
    [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

private:
    static constexpr std::uint64_t block_size = 64;
    static constexpr std::uint64_t window_size = 2048;
    static constexpr std::uint64_t nowhere = ~std::uint64_t{0};

    // What is known about the begin of an entry: under which alignments its pad is zero, and the
    // checksum of all that lies before its payload then, seen from the end.
    struct known_begin {
        std::uint64_t begin = nowhere;
        alignment_set padded;
        std::array<std::uint32_t, alignments.size()> before{};
    };

    [[nodiscard]] static std::size_t place_of(std::uint64_t begin) noexcept {
        return (begin * 0x9e3779b97f4a7c15) >> 52;
    }
    [[nodiscard]] std::uint32_t read(std::uint32_t checksum, std::uint64_t begin,
                                     std::uint64_t end) noexcept;
    [[nodiscard]] std::uint32_t checksum_behind(std::uint64_t end) const noexcept {
        return load_le<std::uint32_t>(bytes_.data() + end + 16);
    }
    [[nodiscard]] bool is_read(std::uint64_t size);
    [[nodiscard]] std::uint32_t before(std::uint64_t offset) noexcept;
    [[nodiscard]] std::uint32_t before_end(std::uint64_t end) noexcept;
    [[nodiscard]] checksum_algebra::factors seen_from_end(std::uint32_t checksum,
                                                          std::uint64_t offset) const noexcept;
    void learn(known_begin& known, std::uint64_t begin) noexcept;
    [[nodiscard]] bool has_window(std::uint64_t offset, unsigned asked) noexcept;
    void build_tables();
    void fill_window() noexcept;

    checksum_algebra::byte_powers const& powers_ = checksum_algebra::byte_powers::table();
    bytes_view bytes_;
    std::uint64_t bytes_read_ = 0;
    std::vector<std::uint32_t> prefixes_;      // checksums before every block
    std::vector<std::uint32_t> large_powers_;  // of x, for every thousand bytes
    std::vector<known_begin> begins_;

    // The part of the bytes that was last asked for, and once that is worth while, the checksum
    // before each of its bytes.
    std::uint64_t window_at_ = nowhere;
    unsigned window_asked_ = 0;
    std::array<std::uint32_t, window_size> window_;

    // For the ends that were prepared: what has to stand before a begin.
    std::array<std::uint32_t, 64> wanted_;
};

}  // namespace trunkline::store
