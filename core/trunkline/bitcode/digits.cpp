#include <trunkline/bitcode/digits.hpp>

#include <algorithm>

namespace trunkline::bitcode {
namespace {

template <unsigned Radix, unsigned PerByte>
void unpack(bytes_view digits, std::uint8_t minimum, mutable_bytes to) noexcept {
    std::byte* at = to.data();
    std::size_t left = to.size();
    for (std::byte const each : digits) {
        auto value = static_cast<unsigned>(each);
        std::size_t const count = std::min<std::size_t>(PerByte, left);
        for (std::size_t i = 0; i < count; ++i) {
            at[i] = static_cast<std::byte>(value % Radix + minimum);
            value /= Radix;
        }
        at += count;
        left -= count;
    }
}

}  // namespace

template <unsigned Radix, unsigned PerByte>
std::size_t digit_packer::add_whole_bytes(bytes_view values) noexcept {
    std::size_t const whole = values.size() / PerByte;
    for (std::size_t i = 0; i < whole; ++i) {
        std::byte const* const from = values.data() + i * PerByte;
        unsigned packed = 0;
        for (std::size_t digit = PerByte; digit-- > 0;) {
            auto const value = static_cast<std::uint8_t>(from[digit]);
            packed = packed * Radix + static_cast<std::uint8_t>(value - minimum_);
        }
        to_[i] = static_cast<std::byte>(packed);
    }
    to_ += whole;
    return whole * PerByte;
}

void digit_packer::add(bytes_view values) noexcept {
    while (digits_ != 0 && !values.empty()) {  // up to the next border between bytes
        add(static_cast<std::uint8_t>(values.front()));
        values = values.subspan(1);
    }
    std::size_t done = 0;
    switch (base_) {
        case digit_base::b256:
            done = add_whole_bytes<256, 1>(values);
            break;
        case digit_base::b16:
            done = add_whole_bytes<16, 2>(values);
            break;
        case digit_base::b6:
            done = add_whole_bytes<6, 3>(values);
            break;
        case digit_base::b4:
            done = add_whole_bytes<4, 4>(values);
            break;
        case digit_base::b3:
            done = add_whole_bytes<3, 5>(values);
            break;
        case digit_base::b2:
            done = add_whole_bytes<2, 8>(values);
            break;
    }
    for (std::byte const each : values.subspan(done)) {
        add(static_cast<std::uint8_t>(each));
    }
}

void unpack_digits(bytes_view digits, digit_base base, std::uint8_t minimum,
                   mutable_bytes to) noexcept {
    switch (base) {
        case digit_base::b256:
            return unpack<256, 1>(digits, minimum, to);
        case digit_base::b16:
            return unpack<16, 2>(digits, minimum, to);
        case digit_base::b6:
            return unpack<6, 3>(digits, minimum, to);
        case digit_base::b4:
            return unpack<4, 4>(digits, minimum, to);
        case digit_base::b3:
            return unpack<3, 5>(digits, minimum, to);
        case digit_base::b2:
            return unpack<2, 8>(digits, minimum, to);
    }
}

}  // namespace trunkline::bitcode
