// The packings of byte and integer columns: their codes, and which one a column gets (FORMAT.md,
// "Byte column" and "Integer column").
#pragma once

#include <trunkline/base/bytes.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

namespace trunkline::bitcode {

/// How many different values a byte of a packed column stands for; in the order of the codes.
enum class digit_base : std::uint8_t { b256, b16, b6, b4, b3, b2 };

inline constexpr std::uint8_t byte_code_max = 10;
inline constexpr std::size_t unpacked_bytes_max = 2;  ///< columns up to here have no packing byte
inline constexpr std::size_t minimum_above = 5;    ///< columns up to here never subtract a minimum
inline constexpr std::size_t integer_sample = 16;  ///< values that can settle an integer column

[[nodiscard]] constexpr unsigned radix(digit_base base) noexcept {
    constexpr std::uint16_t values[] = {256, 16, 6, 4, 3, 2};
    return values[static_cast<std::size_t>(base)];
}

[[nodiscard]] constexpr unsigned digits_per_byte(digit_base base) noexcept {
    constexpr std::uint8_t values[] = {1, 2, 3, 4, 5, 8};
    return values[static_cast<std::size_t>(base)];
}

/// Bytes that `count` digits take.
[[nodiscard]] constexpr std::size_t digits_size(std::size_t count, digit_base base) noexcept {
    unsigned const per_byte = digits_per_byte(base);
    return count / per_byte + (count % per_byte != 0);
}

/// The smallest base for values 0 to `max`.
[[nodiscard]] constexpr digit_base base_for(std::uint8_t max) noexcept {
    return max > 15  ? digit_base::b256
           : max > 5 ? digit_base::b16
           : max > 3 ? digit_base::b6
           : max > 2 ? digit_base::b4
           : max > 1 ? digit_base::b3
                     : digit_base::b2;
}

/// What stands before the digits of a byte column.
struct byte_packing {
    digit_base base = digit_base::b256;
    bool has_minimum = false;
    std::uint8_t minimum = 0;

    [[nodiscard]] constexpr std::uint8_t code() const noexcept {
        return static_cast<std::uint8_t>(2 * static_cast<std::uint8_t>(base) -
                                         (has_minimum ? 1 : 0));
    }
};

/// The choice for `count` bytes that need `plain` as they are and lie between `min` and `max`
/// (min + span modulo 256).
[[nodiscard]] constexpr byte_packing choose_byte_packing(std::size_t count, digit_base plain,
                                                         std::uint8_t min,
                                                         std::uint8_t max) noexcept {
    digit_base const shifted = base_for(static_cast<std::uint8_t>(max - min));
    if (shifted > plain && count > minimum_above) {
        return {shifted, true, min};
    }
    return {plain, false, 0};
}

/// Looks at the bytes of a column just as long as it takes to know its packing.
class byte_scan {
public:
    /// For a column of `count` bytes. A packed form above `packed_size_max` bytes is not wanted.
    byte_scan(std::size_t count, std::size_t packed_size_max) noexcept
        : count_(count), packed_size_max_(packed_size_max) {
        settled_ =
            count <= unpacked_bytes_max || digits_size(count, digit_base::b2) > packed_size_max;
    }

    void add(std::uint8_t value) noexcept {
        min_ = value < min_ ? value : min_;
        max_ = value > max_ ? value : max_;
    }
    void add(bytes_view bytes) noexcept {
        if (!settled_) {
            look_at(bytes);
        }
    }

    /// True once the plain form is certain: the rest need not be looked at.
    [[nodiscard]] bool settled() const noexcept { return settled_; }

    [[nodiscard]] byte_packing choose() const noexcept;

private:
    void look_at(bytes_view bytes) noexcept;

    std::size_t count_;
    std::size_t packed_size_max_;
    std::uint8_t min_ = 0xff;
    std::uint8_t max_ = 0;
    bool settled_;
};

/// What stands before the values of an integer column.
struct integer_packing {
    std::uint8_t width = 8;  ///< bytes per value: 1 (a byte column follows), 2, 4 or 8
    bool has_minimum = false;
    std::uint64_t minimum = 0;

    /// The code for integers of `size` bytes: wider ones have more codes.
    [[nodiscard]] constexpr std::uint8_t code(std::size_t size) const noexcept {
        return static_cast<std::uint8_t>(2 * (std::countr_zero(size) - std::countr_zero(width)) -
                                         (has_minimum ? 1 : 0));
    }
};

/// The highest code for integers of `size` bytes.
[[nodiscard]] constexpr std::uint8_t integer_code_max(std::size_t size) noexcept {
    return static_cast<std::uint8_t>(2 * std::countr_zero(size));
}

[[nodiscard]] constexpr std::uint8_t width_for(std::uint64_t max) noexcept {
    return max >> 32 != 0 ? 8 : max >> 16 != 0 ? 4 : max >> 8 != 0 ? 2 : 1;
}

/// Collects what decides the packing of a column of `Integer`s (of 2, 4 or 8 bytes).
template <std::integral Integer>
class integer_scan {
public:
    void add(Integer value) noexcept {
        min_ = value < min_ ? value : min_;
        max_ = value > max_ ? value : max_;
        if (++count_ == integer_sample) {
            settle();
        }
    }

    /// Negative values need the full width unless the minimum is subtracted; a sample that spans
    /// the full width decides alone.
    [[nodiscard]] integer_packing choose() noexcept {
        constexpr std::uint8_t full = sizeof(Integer);
        if (count_ < integer_sample) {
            settle();
        }
        if (sample_width_ == full) {
            return {full, false, 0};
        }
        std::uint8_t const plain = std::cmp_less(min_, 0) ? full : width_for(unsigned_of(max_));
        std::uint8_t const shifted = width_of_range();
        if (shifted < plain && count_ > minimum_above) {
            return {shifted, true, unsigned_of(min_)};
        }
        return {plain, false, 0};
    }

private:
    using unsigned_type = std::make_unsigned_t<Integer>;

    static std::uint64_t unsigned_of(Integer value) noexcept {
        return static_cast<unsigned_type>(value);
    }
    [[nodiscard]] std::uint8_t width_of_range() const noexcept {
        return width_for(static_cast<unsigned_type>(static_cast<unsigned_type>(max_) -
                                                    static_cast<unsigned_type>(min_)));
    }
    void settle() noexcept { sample_width_ = width_of_range(); }

    std::size_t count_ = 0;
    Integer min_ = std::numeric_limits<Integer>::max();
    Integer max_ = std::numeric_limits<Integer>::min();
    std::uint8_t sample_width_ = 0;
};

}  // namespace trunkline::bitcode
