#include <trunkline/rooms/message.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/recycled_memory.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstring>
#include <new>

namespace trunkline::rooms {
namespace {

std::atomic<std::size_t> held_bytes{0};

void write_digits(std::uint64_t number, std::byte* to) noexcept {
    std::array<char, number_digits> digits;
    char* const end = digits.data() + digits.size();
    auto const size = std::to_chars(digits.data(), end, number).ptr - digits.data();
    std::fill_n(to, number_digits, std::byte{' '});
    std::memcpy(to + number_digits - size, digits.data(), static_cast<std::size_t>(size));
}

}  // namespace

/// The bytes lie behind it.
struct shared_message::block {
    std::atomic<std::uint32_t> references{1};
    std::size_t size = 0;
    std::uint64_t number = 0;

    [[nodiscard]] std::byte* bytes() noexcept {
        return reinterpret_cast<std::byte*>(this) + sizeof(block);
    }

    void take() noexcept { references.fetch_add(1, std::memory_order_relaxed); }

    void let_go() noexcept {
        if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            std::size_t const whole = sizeof(block) + size;
            held_bytes.fetch_sub(size, std::memory_order_relaxed);
            this->~block();
            give_recycled(this, whole);
        }
    }
};

shared_message::shared_message(shared_message const& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) {
        block_->take();
    }
}

shared_message::~shared_message() {
    if (block_ != nullptr) {
        block_->let_go();
    }
}

bytes_view shared_message::bytes() const noexcept {
    return block_ == nullptr ? bytes_view() : bytes_view(block_->bytes(), block_->size);
}

std::uint64_t shared_message::number() const noexcept {
    return block_ == nullptr ? 0 : block_->number;
}

slice shared_message::lend() const noexcept {
    if (block_ == nullptr) {
        return {};
    }
    block_->take();
    return {bytes(), pin(block_, [](void* at) noexcept { static_cast<block*>(at)->let_go(); })};
}

std::size_t shared_message::size_of_all() noexcept {
    return held_bytes.load(std::memory_order_relaxed);
}

message_draft::message_draft(std::size_t size)
    : made_(new(take_recycled(sizeof(shared_message::block) + size)) shared_message::block) {
    made_.block_->size = size;
    held_bytes.fetch_add(size, std::memory_order_relaxed);
}

mutable_bytes message_draft::bytes() noexcept {
    return {made_.block_->bytes(), made_.block_->size};
}

shared_message message_draft::finish(std::uint64_t number) && noexcept {
    made_.block_->number = number;
    if (number_at_ != nowhere) {
        TRUNKLINE_ASSERT(number_at_ + sizeof number <= made_.block_->size);
        store_le(made_.block_->bytes() + number_at_, number);
    }
    if (digits_at_ != nowhere) {
        TRUNKLINE_ASSERT(digits_at_ + number_digits <= made_.block_->size);
        write_digits(number, made_.block_->bytes() + digits_at_);
    }
    return std::move(made_);
}

}  // namespace trunkline::rooms
