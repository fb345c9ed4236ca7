// What is known of each offset of a file: two bits apiece, in memory that is taken when it is
// touched.
#pragma once

#include <cstdint>

namespace trunkline::store {

enum class verdict : std::uint8_t { unknown, proven, refuted };

/// A verdict for every offset below `size`, all unknown at first. Without memory it is false.
class offset_map {
public:
    explicit offset_map(std::uint64_t size) noexcept;
    offset_map(offset_map const&) = delete;
    offset_map& operator=(offset_map const&) = delete;
    ~offset_map();

    [[nodiscard]] explicit operator bool() const noexcept { return cells_ != nullptr; }

    void set(std::uint64_t offset, verdict to) noexcept {
        auto& cell = cells_[offset / 4];
        cell = static_cast<std::uint8_t>(cell | static_cast<unsigned>(to) << (offset % 4 * 2));
    }
    [[nodiscard]] verdict at(std::uint64_t offset) const noexcept {
        return static_cast<verdict>(cells_[offset / 4] >> (offset % 4 * 2) & 3U);
    }
    void prefetch(std::uint64_t offset) const noexcept { __builtin_prefetch(cells_ + offset / 4); }

private:
    std::uint64_t bytes_;
    std::uint8_t* cells_;
};

}  // namespace trunkline::store
