// Digit data: several small values in one byte, the first one lowest (FORMAT.md, "Digits").
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/bitcode/packing.hpp>

#include <cstddef>
#include <cstdint>

namespace trunkline::bitcode {

/// Packs values into bytes of digits. `to` has room for digits_size(count, base) bytes. Values less
/// than the base's radix once `minimum` is subtracted; base b256 copies.
class digit_packer {
public:
    digit_packer(std::byte* to, digit_base base, std::uint8_t minimum) noexcept
        : to_(to), base_(base), minimum_(minimum) {}

    void add(std::uint8_t value) noexcept {
        partial_ += place_ * static_cast<std::uint8_t>(value - minimum_);
        place_ *= radix(base_);
        if (++digits_ == digits_per_byte(base_)) {
            flush();
        }
    }
    void add(bytes_view values) noexcept;

    /// Writes the last, partly filled byte.
    void finish() noexcept {
        if (digits_ != 0) {
            flush();
        }
    }

private:
    template <unsigned Radix, unsigned PerByte>
    std::size_t add_whole_bytes(bytes_view values) noexcept;
    void flush() noexcept {
        *to_++ = static_cast<std::byte>(partial_);
        partial_ = 0;
        place_ = 1;
        digits_ = 0;
    }

    std::byte* to_;
    digit_base base_;
    std::uint8_t minimum_;
    unsigned partial_ = 0;
    unsigned place_ = 1;
    unsigned digits_ = 0;
};

/// Unpacks `to.size()` values; `digits` holds digits_size(to.size(), base) bytes. Every byte has a
/// meaning: what is left over in it is ignored. `minimum` is added modulo 256.
void unpack_digits(bytes_view digits, digit_base base, std::uint8_t minimum,
                   mutable_bytes to) noexcept;

}  // namespace trunkline::bitcode
