#include <trunkline/bitcode/columns.hpp>

#include <trunkline/base/utf8.hpp>
#include <trunkline/bitcode/digits.hpp>

#include <algorithm>

namespace trunkline::bitcode {
namespace {

constexpr std::uint64_t total_length_end = 0x7fff'ffff'ffff'ffffU / 4096;
constexpr std::uint8_t length_escape = 255;

}  // namespace

std::uint64_t integer_column::operator[](std::size_t index) const noexcept {
    std::byte const* const at = bytes.data() + index * width;
    switch (width) {
        case 1:
            return minimum + static_cast<std::uint8_t>(*at);
        case 2:
            return minimum + load_le<std::uint16_t>(at);
        case 4:
            return minimum + load_le<std::uint32_t>(at);
        default:
            return minimum + load_le<std::uint64_t>(at);
    }
}

bool read_digits(input& in, std::size_t count, digit_base base, std::uint8_t minimum,
                 bytes_view& values) {
    bytes_view digits;
    if (!in.take(digits_size(count, base), digits)) {
        return false;
    }
    if (base == digit_base::b256) {
        values = digits;
        return true;
    }
    mutable_bytes unpacked;
    if (!in.allocate(count, unpacked)) {
        return false;
    }
    unpack_digits(digits, base, minimum, unpacked);
    values = unpacked;
    return true;
}

bool read_bytes(input& in, std::size_t count, bytes_view& values) {
    if (count <= unpacked_bytes_max) {
        return in.take(count, values);
    }
    std::uint8_t code = 0;
    if (!in.take_le(code)) {
        return false;
    }
    if (code > byte_code_max) {
        return in.fail(bitcode_error::invalid_packing);
    }
    std::uint8_t minimum = 0;
    if (code % 2 != 0 && !in.take_le(minimum)) {
        return false;
    }
    return read_digits(in, count, static_cast<digit_base>((code + 1) / 2), minimum, values);
}

bool read_integers(input& in, std::size_t count, std::size_t size, integer_column& column) {
    column = {{}, static_cast<std::uint8_t>(size), 0};
    if (count == 0) {
        return true;
    }
    if (size == 1) {
        return read_bytes(in, count, column.bytes);
    }
    if (size == 2 && count == 1) {
        return in.take(2, column.bytes);
    }
    std::uint8_t code = 0;
    if (!in.take_le(code)) {
        return false;
    }
    if (code > integer_code_max(size)) {
        return in.fail(bitcode_error::invalid_packing);
    }
    if (code % 2 != 0) {
        bytes_view minimum;
        if (!in.take(size, minimum)) {
            return false;
        }
        for (std::size_t i = size; i-- > 0;) {
            column.minimum = column.minimum << 8 | static_cast<std::uint8_t>(minimum[i]);
        }
    }
    column.width = static_cast<std::uint8_t>(size >> ((code + 1) / 2));
    return column.width == 1 ? read_bytes(in, count, column.bytes)
                             : in.take(count * column.width, column.bytes);
}

bool read_lengths(input& in, std::size_t count, length_column& column) {
    column = {};
    if (!read_bytes(in, count, column.small_)) {
        return false;
    }
    std::uint64_t total = 0;
    for (std::byte const each : column.small_) {
        total += static_cast<std::uint8_t>(each);
    }
    auto const escapes = static_cast<std::size_t>(
        std::count(column.small_.begin(), column.small_.end(), std::byte{length_escape}));
    if (escapes != 0) {
        if (!read_integers(in, escapes, sizeof(std::uint64_t), column.large_)) {
            return false;
        }
        total -= std::uint64_t{escapes} * length_escape;
        for (std::size_t i = 0; i < escapes; ++i) {
            std::uint64_t const length = column.large_[i];
            if (length >= total_length_end - std::min(total, total_length_end)) {
                return in.fail(bitcode_error::length_overflow);
            }
            total += length;
        }
    }
    column.total_ = total;
    return true;
}

bool read_variants(input& in, std::size_t count, std::size_t variants, bytes_view& values) {
    digit_base const base = base_for(static_cast<std::uint8_t>(variants - 1));
    if (!read_digits(in, count, base, 0, values)) {
        return false;
    }
    bool const in_range = std::all_of(values.begin(), values.end(), [&](std::byte each) {
        return static_cast<std::uint8_t>(each) < variants;
    });
    return in_range || in.fail(bitcode_error::invalid_variant);
}

bool read_texts(input& in, std::size_t count, length_column& lengths, bytes_view& joined) {
    if (!read_lengths(in, count, lengths) || !in.take(lengths.total(), joined)) {
        return false;
    }
    if (!is_utf8(joined)) {
        return in.fail(bitcode_error::invalid_text);
    }
    length_column borders = lengths;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (begin < joined.size() && (joined[begin] & std::byte{0xc0}) == std::byte{0x80}) {
            return in.fail(bitcode_error::invalid_text);
        }
        begin += borders.next();
    }
    return true;
}

}  // namespace trunkline::bitcode
