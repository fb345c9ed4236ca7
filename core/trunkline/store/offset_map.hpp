// What is known of each offset of a file: four bits apiece, in memory that is taken when it is
// touched.
#pragma once

#include <cstdint>
#include <optional>

namespace trunkline::store {

/// A cell of four bits for every offset below `size`, all zero at first. The highest bit is a mark
/// that can be looked for; the one below it tells some marks from others. Without memory it is
/// false.
class offset_map {
public:
    static constexpr unsigned mark = 8;
    static constexpr unsigned aside = 4;

    explicit offset_map(std::uint64_t size) noexcept;
    offset_map(offset_map const&) = delete;
    offset_map& operator=(offset_map const&) = delete;
    ~offset_map();

    [[nodiscard]] explicit operator bool() const noexcept { return words_ != nullptr; }

    [[nodiscard]] unsigned at(std::uint64_t offset) const noexcept {
        return static_cast<unsigned>(words_[offset / cells] >> shift_of(offset) & 15U);
    }

    void prefetch(std::uint64_t offset) const noexcept {
        __builtin_prefetch(words_ + offset / cells);
    }

    /// Sets the bits of `value` as well.
    void add(std::uint64_t offset, unsigned value) noexcept {
        words_[offset / cells] |= std::uint64_t{value} << shift_of(offset);
    }
    void clear(std::uint64_t offset, unsigned value) noexcept {
        words_[offset / cells] &= ~(std::uint64_t{value} << shift_of(offset));
    }

    /// The same for `offset`, a multiple of 64, and those behind it: where bit i of `among` is set,
    /// for offset + i.
    void add_all(std::uint64_t offset, std::uint64_t among, unsigned value) noexcept {
        for (auto* word = words_ + offset / cells; among != 0; ++word, among >>= cells) {
            *word |= spread(among) * value;
        }
    }

    void clear_all(std::uint64_t offset, std::uint64_t among, unsigned value) noexcept {
        for (auto* word = words_ + offset / cells; among != 0; ++word, among >>= cells) {
            *word &= ~(spread(among) * value);
        }
    }

    /// Bit i is set when offset + i is marked. `offset` is a multiple of 64. Marks with `passed`,
    /// which is `aside` or 0, do not count.
    [[nodiscard]] std::uint64_t marks(std::uint64_t offset, unsigned passed) const noexcept {
        std::uint64_t found = 0;
        for (unsigned i = 0; i < 4; ++i) {
            found |= gather(marked(words_[offset / cells + i], passed) >> 3) << (i * cells);
        }
        return found;
    }

    /// The highest offset below `limit` that is marked. Marks with `passed` do not count.
    [[nodiscard]] std::optional<std::uint64_t> last_mark(std::uint64_t limit,
                                                         unsigned passed) const noexcept;

private:
    static constexpr unsigned cells = 16;  // in a word

    static constexpr std::uint64_t every_cell = 0x1111111111111111;

    // The highest bit of each cell that has a mark that counts.
    [[nodiscard]] static std::uint64_t marked(std::uint64_t word, unsigned passed) noexcept {
        return word & every_cell * mark & ~((word & every_cell * passed) << 1);
    }

    [[nodiscard]] static unsigned shift_of(std::uint64_t offset) noexcept {
        return static_cast<unsigned>(offset % cells * 4);
    }
    // The lowest 16 bits, each in a cell of its own.
    [[nodiscard]] static std::uint64_t spread(std::uint64_t bits) noexcept {
        bits &= 0xffff;
        bits = (bits | bits << 24) & 0x000000ff000000ff;
        bits = (bits | bits << 12) & 0x000f000f000f000f;
        bits = (bits | bits << 6) & 0x0303030303030303;
        return (bits | bits << 3) & every_cell;
    }

    // The lowest bit of each cell.
    [[nodiscard]] static std::uint64_t gather(std::uint64_t bits) noexcept {
        bits &= every_cell;
        bits = (bits | bits >> 3) & 0x0303030303030303;
        bits = (bits | bits >> 6) & 0x000f000f000f000f;
        bits = (bits | bits >> 12) & 0x000000ff000000ff;
        return (bits | bits >> 24) & 0xffff;
    }

    std::uint64_t bytes_;
    std::uint64_t* words_ = nullptr;
};

}  // namespace trunkline::store
