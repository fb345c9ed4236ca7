#include <trunkline/bitcode/packing.hpp>

#include <algorithm>

namespace trunkline::bitcode {
namespace {

constexpr std::size_t first_block = 64;  // most columns that stay plain are settled here
constexpr std::size_t next_block = 4096;

}  // namespace

void byte_scan::look_at(bytes_view bytes) noexcept {
    std::size_t block = first_block;
    while (!settled_ && !bytes.empty()) {
        bytes_view const part = bytes.first(std::min(block, bytes.size()));
        for (std::byte const each : part) {  // without a branch, so that it becomes vector code
            auto const value = static_cast<std::uint8_t>(each);
            min_ = std::min(min_, value);
            max_ = std::max(max_, value);
        }
        settled_ = max_ > 15 && (count_ <= minimum_above || max_ - min_ > 15);
        bytes = bytes.subspan(part.size());
        block = next_block;
    }
}

byte_packing byte_scan::choose() const noexcept {
    if (settled_) {
        return {};
    }
    byte_packing const smallest = choose_byte_packing(count_, base_for(max_), min_, max_);
    return digits_size(count_, smallest.base) > packed_size_max_ ? byte_packing{} : smallest;
}

}  // namespace trunkline::bitcode
