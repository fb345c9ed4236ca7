// Value to bytes: every leaf of the type is one column, written in the order of the description
// (FORMAT.md, "Columns"). Exactly the bytes of the published encoder.
#pragma once

#include <trunkline/base/assert.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/bitcode/describe.hpp>
#include <trunkline/bitcode/digits.hpp>
#include <trunkline/bitcode/output.hpp>
#include <trunkline/bitcode/packing.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trunkline::bitcode {
namespace detail {

// A column has no object of its own. It is a `source`: a function that shows each of its values, in
// order, to a visitor; a leaf visits once to choose its packing and once to write. The source of a
// field is the source of its record with a step into the field, and so on up to the root.

/// Writes digits without a packing byte: flags, bools, numbers of enumerations.
template <class Source>
void encode_digits(output& out, std::size_t count, digit_base base, Source const& source) {
    if (count == 0) {
        return;
    }
    digit_packer packer(out.extend(digits_size(count, base)), base, 0);
    source([&](std::uint8_t value) { packer.add(value); });
    packer.finish();
}

/// Writes a byte column whose packing is chosen, apart from plain bytes: true when the caller has
/// to write those.
template <class Bytes>
[[nodiscard]] bool encode_packed(output& out, std::size_t count, byte_packing packing,
                                 Bytes const& bytes) {
    if (count > unpacked_bytes_max) {
        out.add(packing.code());
    }
    if (packing.base == digit_base::b256) {
        return true;
    }
    if (packing.has_minimum) {
        out.add(packing.minimum);
    }
    digit_packer packer(out.extend(digits_size(count, packing.base)), packing.base,
                        packing.minimum);
    bytes([&](auto value) { packer.add(value); });
    packer.finish();
    return false;
}

/// A byte column of single small numbers.
template <class Source>
void encode_bytes(output& out, std::size_t count, Source const& source) {
    byte_scan scan(count, out.limits().packed_size_max);
    source([&](std::uint8_t value) { scan.add(value); });
    if (encode_packed(out, count, scan.choose(), source)) {
        source([&](std::uint8_t value) { out.add(value); });
    }
}

/// Bytes with a sign differ from others in one thing: negative ones are never plain digits.
template <class Source>
void encode_signed_bytes(output& out, std::size_t count, Source const& source) {
    std::int8_t min = 127;
    std::int8_t max = -128;
    source([&](std::int8_t value) {
        min = std::min(min, value);
        max = std::max(max, value);
    });
    digit_base const plain = min < 0 ? digit_base::b256 : base_for(static_cast<std::uint8_t>(max));
    byte_packing packing;
    if (count > unpacked_bytes_max) {
        packing = choose_byte_packing(count, plain, static_cast<std::uint8_t>(min),
                                      static_cast<std::uint8_t>(max));
    }
    auto const bytes = [&](auto&& visit) {
        source([&](std::int8_t value) { visit(static_cast<std::uint8_t>(value)); });
    };
    if (encode_packed(out, count, packing, bytes)) {
        bytes([&](std::uint8_t value) { out.add(value); });
    }
}

template <integer Integer, class Source>
void encode_wide_integers(output& out, std::size_t count, Source const& source) {
    using unsigned_type = std::make_unsigned_t<Integer>;
    if (count == 0) {
        return;
    }
    if (sizeof(Integer) == 2 && count == 1) {  // a packing byte could only make it longer
        source([&](Integer value) { out.add_le(static_cast<unsigned_type>(value)); });
        return;
    }
    integer_scan<Integer> scan;
    source([&](Integer value) { scan.add(value); });
    integer_packing const packing = scan.choose();
    out.add(packing.code(sizeof(Integer)));
    if (packing.has_minimum) {
        out.add_le(static_cast<unsigned_type>(packing.minimum));
    }
    auto const narrowed = [&](auto narrow, auto&& visit) {
        source([&](Integer value) {
            visit(
                static_cast<decltype(narrow)>(static_cast<unsigned_type>(value) - packing.minimum));
        });
    };
    auto const write = [&](auto value) { out.add_le(value); };
    switch (packing.width) {
        case 1:
            return encode_bytes(out, count, [&](auto&& visit) { narrowed(std::uint8_t{}, visit); });
        case 2:
            return narrowed(std::uint16_t{}, write);
        case 4:
            return narrowed(std::uint32_t{}, write);
        default:
            return narrowed(std::uint64_t{}, write);
    }
}

template <integer Integer, class Source>
void encode_integers(output& out, std::size_t count, Source const& source) {
    if constexpr (sizeof(Integer) > 1) {
        encode_wide_integers<Integer>(out, count, source);
    } else if constexpr (std::is_signed_v<Integer>) {
        encode_signed_bytes(out, count, source);
    } else {
        encode_bytes(out, count, source);
    }
}

/// Writes how long each of `count` lists is; returns how many elements they have together.
template <class Source>
std::size_t encode_lengths(output& out, std::size_t count, Source const& source) {
    std::size_t total = 0;
    std::size_t long_lists = 0;
    source([&](auto const& list) {
        total += list.size();
        long_lists += list.size() >= 255;
    });
    encode_bytes(out, count, [&](auto&& visit) {
        source([&](auto const& list) {
            visit(static_cast<std::uint8_t>(std::min<std::size_t>(list.size(), 255)));
        });
    });
    encode_wide_integers<std::uint64_t>(out, long_lists, [&](auto&& visit) {
        source([&](auto const& list) {
            if (list.size() >= 255) {
                visit(static_cast<std::uint64_t>(list.size()));
            }
        });
    });
    return total;
}

inline bytes_view view_of(slice const& bytes) noexcept {
    return bytes.bytes;
}
inline bytes_view view_of(bytes_view bytes) noexcept {
    return bytes;
}
inline bytes_view view_of(std::vector<std::byte> const& bytes) noexcept {
    return bytes;
}

/// Views are borrowed and slices give up their pin; what the message itself owns is copied or lent.
inline void add_value(output& out, slice& value) {
    out.borrow(std::move(value));
}
inline void add_value(output& out, bytes_view const& value) {
    out.borrow({value, {}});
}
inline void add_value(output& out, std::vector<std::byte> const& value) {
    out.add_owned(value);
}
inline void add_value(output& out, std::string_view const& value) {
    out.borrow({as_bytes(value), {}});
}
inline void add_value(output& out, std::string const& value) {
    out.add_owned(as_bytes(value));
}

/// How long a byte string is, for encode_lengths.
struct sized {
    std::size_t size_;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
};

template <class Source>
void encode_byte_strings(output& out, std::size_t count, Source const& source) {
    std::size_t const total = encode_lengths(out, count, [&](auto&& visit) {
        source([&](auto const& value) { visit(sized{view_of(value).size()}); });
    });
    auto const bytes = [&](auto&& visit) {
        source([&](auto const& value) { visit(view_of(value)); });
    };
    byte_scan scan(total, out.limits().packed_size_max);
    bytes([&](bytes_view value) { scan.add(value); });
    if (encode_packed(out, total, scan.choose(), bytes)) {
        std::size_t large = 0;
        std::size_t copied = 0;
        bytes([&](bytes_view value) {
            bool const small = value.size() < borrow_size_min;
            large += small ? 0 : 1;
            copied += small ? value.size() : 0;
        });
        out.expect(large, copied);
        source([&](auto& value) { add_value(out, value); });
    }
}

template <class Type, class Source>
void encode_columns(output& out, std::size_t count, Source const& source);

template <optional_value Type, class Source>
void encode_optionals(output& out, std::size_t count, Source const& source) {
    std::size_t present = 0;
    encode_digits(out, count, digit_base::b2, [&](auto&& visit) {
        source([&](auto const& value) {
            present += value.has_value();
            visit(static_cast<std::uint8_t>(value.has_value()));
        });
    });
    encode_columns<typename Type::value_type>(out, present, [&](auto&& visit) {
        source([&](auto& value) {
            if (value.has_value()) {
                visit(*value);
            }
        });
    });
}

template <list Type, class Source>
void encode_lists(output& out, std::size_t count, Source const& source) {
    std::size_t const total = encode_lengths(out, count, source);
    encode_columns<std::remove_cv_t<typename Type::value_type>>(out, total, [&](auto&& visit) {
        source([&](auto& value) {
            for (auto&& element : value) {
                visit(element);
            }
        });
    });
}

template <tuple Type, class Source>
void encode_tuples(output& out, std::size_t count, Source const& source) {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        (encode_columns<std::tuple_element_t<Index, Type>>(
             out, count,
             [&](auto&& visit) { source([&](auto& value) { visit(std::get<Index>(value)); }); }),
         ...);
    }(std::make_index_sequence<std::tuple_size_v<Type>>{});
}

template <record Type, class Source>
void encode_records(output& out, std::size_t count, Source const& source) {
    auto const encode_field = [&](auto field) {
        encode_columns<field_type<Type, decltype(field)>>(
            out, count, [&](auto&& visit) { source([&](auto& value) { visit(value.*field); }); });
    };
    std::apply([&](auto... field) { (encode_field(field), ...); }, description<Type>::fields());
}

template <enumeration Type, class Source>
void encode_enumerations(output& out, std::size_t count, Source const& source) {
    constexpr std::size_t variants = description<Type>::variants;
    static_assert(variants >= 1 && variants <= 256);
    if constexpr (variants > 1) {
        encode_digits(out, count, base_for(variants - 1), [&](auto&& visit) {
            source([&](Type value) {
                auto const number = static_cast<std::uint64_t>(value);
                TRUNKLINE_ASSERT(number < variants);
                visit(static_cast<std::uint8_t>(number));
            });
        });
    }
}

/// Writes the columns of `count` values of `Type`.
template <class Type, class Source>
void encode_columns(output& out, std::size_t count, Source const& source) {
    if constexpr (std::same_as<Type, bool>) {
        encode_digits(out, count, digit_base::b2, source);
    } else if constexpr (integer<Type>) {
        encode_integers<Type>(out, count, source);
    } else if constexpr (std::same_as<Type, double>) {
        encode_integers<std::uint64_t>(out, count, [&](auto&& visit) {
            source([&](double value) { visit(std::bit_cast<std::uint64_t>(value)); });
        });
    } else if constexpr (byte_string<Type>) {
        encode_byte_strings(out, count, source);
    } else if constexpr (text<Type>) {
        encode_lengths(out, count, source);
        source([&](auto& value) { add_value(out, value); });
    } else if constexpr (optional_value<Type>) {
        encode_optionals<Type>(out, count, source);
    } else if constexpr (list<Type>) {
        encode_lists<Type>(out, count, source);
    } else if constexpr (tuple<Type>) {
        encode_tuples<Type>(out, count, source);
    } else if constexpr (enumeration<Type>) {
        encode_enumerations<Type>(out, count, source);
    } else {
        static_assert(record<Type>, "this type has no description (describe.hpp)");
        encode_records<Type>(out, count, source);
    }
}

}  // namespace detail

/// Encodes `message`. What views and slices of the message refer to is borrowed, never copied,
/// unless it is small or packed; what the message owns is copied. Never fails. Safe from any
/// thread.
template <class Message>
[[nodiscard]] encoded encode(Message message, bitcode_limits const& limits = {}) {
    output out(limits);
    detail::encode_columns<Message>(out, 1, [&](auto&& visit) { visit(message); });
    return std::move(out).finish();
}

/// The same for who sends the bytes before the message goes: what the message owns is borrowed,
/// too, and stays where it is. Slices give up their pins.
template <class Message>
[[nodiscard]] encoded encode_lent(Message& message, bitcode_limits const& limits = {}) {
    output out(limits, owned_values::lent);
    detail::encode_columns<Message>(out, 1, [&](auto&& visit) { visit(message); });
    return std::move(out).finish();
}

}  // namespace trunkline::bitcode
