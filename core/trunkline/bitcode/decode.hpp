// Bytes to value: the columns in the order of the description (FORMAT.md, "Columns"). Accepts
// exactly what the published decoder accepts, within limits.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/bitcode/columns.hpp>
#include <trunkline/bitcode/describe.hpp>
#include <trunkline/bitcode/input.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trunkline::bitcode {

template <class Message>
class decoded;

/// Decodes one message, all of `bytes`. Views in it point into `bytes` where they are plain there,
/// otherwise into the decoded message: keep both. Fails with a bitcode_error, and then tells in
/// `failed_at`, when given, behind how many bytes. Allocates at most a constant times the size of
/// `bytes` and never above limits.decoded_size_max. Safe from any thread.
template <class Message>
[[nodiscard]] result<decoded<Message>> decode(bytes_view bytes, bitcode_limits const& limits = {},
                                              std::size_t* failed_at = nullptr);

/// The same into a message that is there and has not been decoded into before: nothing is moved.
template <class Message>
[[nodiscard]] error_code decode_into(decoded<Message>& made, bytes_view bytes,
                                     bitcode_limits const& limits = {},
                                     std::size_t* failed_at = nullptr);

/// A decoded message together with the memory of its unpacked bytes. Moves, does not copy.
template <class Message>
class decoded {
public:
    /// The message; its views point into the bytes that were decoded, and into this object.
    [[nodiscard]] Message& operator*() noexcept { return message_; }
    /// As above.
    [[nodiscard]] Message const& operator*() const noexcept { return message_; }
    /// As above.
    [[nodiscard]] Message* operator->() noexcept { return &message_; }
    /// As above.
    [[nodiscard]] Message const* operator->() const noexcept { return &message_; }

    /// Bytes that decoding allocated.
    [[nodiscard]] std::size_t allocated_size() const noexcept { return allocated_size_; }

private:
    template <class Other>
    friend error_code decode_into(decoded<Other>&, bytes_view, bitcode_limits const&, std::size_t*);

    arena memory_;
    Message message_{};
    std::size_t allocated_size_ = 0;
};

namespace detail {

// As in encode.hpp, a `source` shows each value of a column to a visitor; here the values exist
// already and are filled in. Lists get their size before their elements are visited.

/// Bits that one more value adds to a message, at least. It lets a count be checked against the
/// bytes that are there.
template <class Type>
constexpr std::size_t bits_min() {
    if constexpr (tuple<Type>) {
        return []<std::size_t... Index>(std::index_sequence<Index...>) {
            return (bits_min<std::tuple_element_t<Index, Type>>() + ... + 0);
        }(std::make_index_sequence<std::tuple_size_v<Type>>{});
    } else if constexpr (enumeration<Type>) {
        return description<Type>::variants > 1 ? 1 : 0;
    } else if constexpr (record<Type>) {
        return std::apply(
            [](auto... field) { return (bits_min<field_type<Type, decltype(field)>>() + ... + 0); },
            description<Type>::fields());
    } else {
        return 1;
    }
}

/// Room for `total` elements in `lists` lists: within the limits, and not more than bytes are left
/// for.
template <class Element>
[[nodiscard]] bool expect_elements(input& in, std::size_t total, std::size_t lists) {
    constexpr std::size_t bits = bits_min<Element>();
    constexpr std::size_t list_overhead = 16;  // of one allocation
    if (total * bits > in.size_left() * 8) {
        return in.fail(bitcode_error::end_of_input);
    }
    if (total > in.limits().list_elements_max) {
        return in.fail(bitcode_error::too_many_elements);
    }
    return in.charge(total, sizeof(Element)) && in.charge(std::min(total, lists), list_overhead);
}

template <class Type, class Source>
[[nodiscard]] bool decode_columns(input& in, std::size_t count, Source const& source);

/// Fills each value with the next byte of `values`, as its own type.
template <class Source>
void fill_from_bytes(bytes_view values, Source const& source) {
    std::byte const* at = values.data();
    source([&](auto&& value) { value = static_cast<std::remove_cvref_t<decltype(value)>>(*at++); });
}

template <class Source>
[[nodiscard]] bool decode_bools(input& in, std::size_t count, Source const& source) {
    bytes_view flags;
    if (!read_digits(in, count, digit_base::b2, 0, flags)) {
        return false;
    }
    std::byte const* at = flags.data();
    source([&](auto&& value) { value = *at++ != std::byte{}; });  // value: bool or stand-in
    return true;
}

template <integer Integer, class Convert, class Source>
[[nodiscard]] bool decode_integers(input& in, std::size_t count, Convert const& convert,
                                   Source const& source) {
    integer_column column;
    if (!read_integers(in, count, sizeof(Integer), column)) {
        return false;
    }
    std::size_t index = 0;
    source([&](auto& value) { value = convert(static_cast<Integer>(column[index++])); });
    return true;
}

inline void set_value(bytes_view& value, bytes_view bytes) {
    value = bytes;
}
inline void set_value(std::vector<std::byte>& value, bytes_view bytes) {
    value.assign(bytes.begin(), bytes.end());
}
inline void set_value(std::string_view& value, bytes_view bytes) {
    value = as_text(bytes);
}
inline void set_value(std::string& value, bytes_view bytes) {
    value = as_text(bytes);
}

/// Byte strings and texts: cuts the joined bytes into values.
template <class Type, class Source>
[[nodiscard]] bool decode_strings(input& in, std::size_t count, Source const& source) {
    constexpr bool is_view = one_of<Type, bytes_view, std::string_view>;
    length_column lengths;
    bytes_view joined;
    if constexpr (text<Type>) {
        if (!read_texts(in, count, lengths, joined)) {
            return false;
        }
    } else {
        static_assert(!std::same_as<Type, slice>, "a slice can be encoded only");
        if (!read_lengths(in, count, lengths) || !read_bytes(in, lengths.total(), joined)) {
            return false;
        }
    }
    if (!is_view && !in.charge(joined.size(), 1)) {
        return false;
    }
    source([&](Type& value) {
        std::size_t const size = lengths.next();
        set_value(value, joined.first(size));
        joined = joined.subspan(size);
    });
    return true;
}

template <enumeration Type, class Source>
[[nodiscard]] bool decode_enumerations(input& in, std::size_t count, Source const& source) {
    constexpr std::size_t variants = description<Type>::variants;
    static_assert(variants >= 1 && variants <= 256);
    if constexpr (variants > 1) {
        bytes_view numbers;
        if (!read_variants(in, count, variants, numbers)) {
            return false;
        }
        fill_from_bytes(numbers, source);
    }
    return true;
}

template <optional_value Type, class Source>
[[nodiscard]] bool decode_optionals(input& in, std::size_t count, Source const& source) {
    bytes_view flags;
    if (!read_digits(in, count, digit_base::b2, 0, flags)) {
        return false;
    }
    std::byte const* at = flags.data();
    std::size_t present = 0;
    source([&](Type& value) {
        value.reset();
        if (*at++ != std::byte{}) {
            value.emplace();
            ++present;
        }
    });
    return decode_columns<typename Type::value_type>(in, present, [&](auto&& visit) {
        source([&](Type& value) {
            if (value.has_value()) {
                visit(*value);
            }
        });
    });
}

template <list Type, class Source>
[[nodiscard]] bool decode_lists(input& in, std::size_t count, Source const& source) {
    using element = typename Type::value_type;
    length_column lengths;
    if (!read_lengths(in, count, lengths) ||
        !expect_elements<element>(in, lengths.total(), count)) {
        return false;
    }
    std::size_t const total = lengths.total();
    source([&](Type& value) { value.resize(lengths.next()); });
    return decode_columns<element>(in, total, [&](auto&& visit) {
        source([&](Type& value) {
            for (auto&& each : value) {
                visit(each);
            }
        });
    });
}

template <tuple Type, class Source>
[[nodiscard]] bool decode_tuples(input& in, std::size_t count, Source const& source) {
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        return (decode_columns<std::tuple_element_t<Index, Type>>(
                    in, count,
                    [&](auto&& visit) {
                        source([&](Type& value) { visit(std::get<Index>(value)); });
                    }) &&
                ...);
    }(std::make_index_sequence<std::tuple_size_v<Type>>{});
}

template <record Type, class Source>
[[nodiscard]] bool decode_records(input& in, std::size_t count, Source const& source) {
    auto const decode_field = [&](auto field) {
        return decode_columns<field_type<Type, decltype(field)>>(
            in, count, [&](auto&& visit) { source([&](Type& value) { visit(value.*field); }); });
    };
    return std::apply([&](auto... field) { return (decode_field(field) && ...); },
                      description<Type>::fields());
}

/// Reads the columns of `count` values of `Type` and fills the values in.
template <class Type, class Source>
[[nodiscard]] bool decode_columns(input& in, std::size_t count, Source const& source) {
    if constexpr (std::same_as<Type, bool>) {
        return decode_bools(in, count, source);
    } else if constexpr (integer<Type>) {
        return decode_integers<Type>(in, count, [](Type value) { return value; }, source);
    } else if constexpr (std::same_as<Type, double>) {
        return decode_integers<std::uint64_t>(
            in, count, [](std::uint64_t bits) { return std::bit_cast<double>(bits); }, source);
    } else if constexpr (byte_string<Type> || text<Type>) {
        return decode_strings<Type>(in, count, source);
    } else if constexpr (optional_value<Type>) {
        return decode_optionals<Type>(in, count, source);
    } else if constexpr (list<Type>) {
        return decode_lists<Type>(in, count, source);
    } else if constexpr (tuple<Type>) {
        return decode_tuples<Type>(in, count, source);
    } else if constexpr (enumeration<Type>) {
        return decode_enumerations<Type>(in, count, source);
    } else {
        static_assert(record<Type>, "this type has no description (describe.hpp)");
        return decode_records<Type>(in, count, source);
    }
}

}  // namespace detail

template <class Message>
error_code decode_into(decoded<Message>& made, bytes_view bytes, bitcode_limits const& limits,
                       std::size_t* failed_at) {
    input in(bytes, limits, made.memory_);
    bool const whole =
        detail::decode_columns<Message>(in, 1, [&](auto&& visit) { visit(made.message_); });
    if (!whole || (in.size_left() != 0 && !in.fail(bitcode_error::trailing_bytes))) {
        if (failed_at != nullptr) {
            *failed_at = in.position();
        }
        return in.error();
    }
    made.allocated_size_ = in.charged();
    return {};
}

template <class Message>
result<decoded<Message>> decode(bytes_view bytes, bitcode_limits const& limits,
                                std::size_t* failed_at) {
    result<decoded<Message>> made(boost::system::in_place_value);
    if (error_code const failed = decode_into(*made, bytes, limits, failed_at)) {
        made = failed;
    }
    return made;
}

}  // namespace trunkline::bitcode
