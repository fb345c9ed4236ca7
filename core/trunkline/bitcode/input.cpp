#include <trunkline/bitcode/input.hpp>

#include <trunkline/base/recycled_memory.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::bitcode {
namespace {

constexpr std::size_t block_size_min = 512;

}  // namespace

void arena::let_go::operator()(block* last) const noexcept {
    while (last != nullptr) {
        block* const going = std::exchange(last, last->before);
        give_recycled(going, going->size);
    }
}

mutable_bytes arena::allocate(std::size_t size) {
    if (free_.size() < size) {
        std::size_t const block_size = std::max(sizeof(block) + size, block_size_min);
        auto* const at = static_cast<std::byte*>(take_recycled(block_size));
        last_.reset(new (at) block{last_.release(), block_size});
        free_ = {at + sizeof(block), block_size - sizeof(block)};
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
