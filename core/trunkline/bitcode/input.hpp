// The bytes of one message while they are decoded: what is left, what may be allocated, and what
// went wrong where.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/bitcode/error.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace trunkline::bitcode {

/// Memory that lives as long as a decoded message: what packed columns were unpacked to. Addresses
/// survive moves. Used again by the thread that lets go of it.
class arena {
public:
    [[nodiscard]] mutable_bytes allocate(std::size_t size);

private:
    struct block {
        block* before;
        std::size_t size;  // with this
    };
    struct let_go {
        void operator()(block* last) const noexcept;
    };

    std::unique_ptr<block, let_go> last_;
    mutable_bytes free_;
};

/// Reads one message. The first failure stays; functions return false from then on.
class input {
public:
    input(bytes_view message, bitcode_limits const& limits, arena& memory) noexcept
        : message_(message), left_(message), limits_(limits), memory_(memory) {}

    [[nodiscard]] bitcode_limits const& limits() const noexcept { return limits_; }
    [[nodiscard]] std::size_t size_left() const noexcept { return left_.size(); }
    [[nodiscard]] std::size_t position() const noexcept { return message_.size() - left_.size(); }

    /// Takes `size` bytes as a view into the message.
    [[nodiscard]] bool take(std::size_t size, bytes_view& taken) noexcept;

    template <std::unsigned_integral Number>
    [[nodiscard]] bool take_le(Number& number) noexcept {
        bytes_view bytes;
        if (!take(sizeof number, bytes)) {
            return false;
        }
        number = load_le<Number>(bytes.data());
        return true;
    }

    /// Memory for unpacked bytes.
    [[nodiscard]] bool allocate(std::size_t size, mutable_bytes& made);

    /// Counts `count` times `size` bytes that the caller is about to allocate.
    [[nodiscard]] bool charge(std::size_t count, std::size_t size) noexcept;

    /// Bytes allocated or charged so far.
    [[nodiscard]] std::size_t charged() const noexcept { return charged_; }

    /// Notes the first failure. Always false.
    bool fail(bitcode_error why) noexcept;

    [[nodiscard]] bitcode_error error() const noexcept { return error_; }

private:
    bytes_view message_;
    bytes_view left_;
    bitcode_limits limits_;
    arena& memory_;
    std::size_t charged_ = 0;
    bitcode_error error_{};
};

}  // namespace trunkline::bitcode
