#include <trunkline/bitcode/input.hpp>

#include <algorithm>

namespace trunkline::bitcode {
namespace {

constexpr std::size_t block_size_min = 512;

}  // namespace

mutable_bytes arena::allocate(std::size_t size) {
    if (free_.size() < size) {
        std::size_t const block_size = std::max(size, block_size_min);
        blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block_size));
        free_ = {blocks_.back().get(), block_size};
    }
    mutable_bytes const made = free_.first(size);
    free_ = free_.subspan(size);
    return made;
}

bool input::take(std::size_t size, bytes_view& taken) noexcept {
    if (size > left_.size()) {
        return fail(bitcode_error::end_of_input);
    }
    taken = left_.first(size);
    left_ = left_.subspan(size);
    return true;
}

bool input::allocate(std::size_t size, mutable_bytes& made) {
    if (!charge(size, 1)) {
        return false;
    }
    made = memory_.allocate(size);
    return true;
}

bool input::charge(std::size_t count, std::size_t size) noexcept {
    std::size_t const held = message_.size() + charged_;
    std::size_t const left = limits_.decoded_size_max - std::min(limits_.decoded_size_max, held);
    if (size != 0 && count > left / size) {
        return fail(bitcode_error::too_large);
    }
    charged_ += count * size;
    return true;
}

bool input::fail(bitcode_error why) noexcept {
    if (error_ == bitcode_error{}) {
        error_ = why;
    }
    return false;
}

}  // namespace trunkline::bitcode
