// How a struct or an enumeration becomes a message: it names its fields, once, and both directions
// follow.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/slice.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace trunkline::bitcode {

/// The description of a record: fields() gives its members in the order of the wire. A type brings
/// its own:
///
///     struct write_request {
///         bytes_view key;
///         bytes_view payload;
///         static constexpr auto fields() {
///             return std::tuple(&write_request::key, &write_request::payload);
///         }
///     };
///
/// or, when it cannot be changed, gets one beside it, as enumerations always do: `variants` is how
/// many there are, numbered from 0 (at most 256).
///
///     template <>
///     struct trunkline::bitcode::description<colour> {
///         static constexpr std::size_t variants = 3;
///     };
template <class Type>
struct description {
    /// The members, as the type itself lists them.
    static constexpr auto fields()
        requires requires { Type::fields(); }
    {
        return Type::fields();
    }
};

template <class Type>
concept record = requires { description<Type>::fields(); };

template <class Type>
concept enumeration = std::is_enum_v<Type> && requires { description<Type>::variants; };

template <class Type, class... Choices>
concept one_of = (std::same_as<Type, Choices> || ...);

/// Integers of 1, 2, 4 and 8 bytes, signed and unsigned; no characters.
template <class Type>
concept integer =
    std::integral<Type> && !one_of<Type, bool, char, wchar_t, char8_t, char16_t, char32_t> &&
    sizeof(Type) <= 8;

/// Byte strings. `bytes_view` decodes to a view into the input where the bytes are plain there;
/// `slice` is for encoding only and takes its pin along.
template <class Type>
concept byte_string = one_of<Type, bytes_view, std::vector<std::byte>, slice>;

/// UTF-8. `std::string_view` decodes to a view into the input.
template <class Type>
concept text = one_of<Type, std::string, std::string_view>;

namespace detail {

template <class Type>
inline constexpr bool is_optional = false;
template <class Value>
inline constexpr bool is_optional<std::optional<Value>> = true;

template <class Type>
inline constexpr bool is_list = false;
template <class Element, class Allocator>
inline constexpr bool is_list<std::vector<Element, Allocator>> = true;
template <class Element>
inline constexpr bool is_list<std::span<Element>> = true;  // for encoding only

template <class Type>
inline constexpr bool is_tuple = false;
template <class... Elements>
inline constexpr bool is_tuple<std::tuple<Elements...>> = true;
template <class First, class Second>
inline constexpr bool is_tuple<std::pair<First, Second>> = true;

template <class Record, class Field>
using field_type = std::remove_cvref_t<decltype(std::declval<Record&>().*std::declval<Field>())>;

}  // namespace detail

template <class Type>
concept optional_value = detail::is_optional<Type>;

template <class Type>
concept list = detail::is_list<Type> && !byte_string<Type>;

template <class Type>
concept tuple = detail::is_tuple<Type>;

namespace detail {

template <class Type>
constexpr bool has_views() {
    if constexpr (one_of<Type, bytes_view, std::string_view>) {
        return true;
    } else if constexpr (byte_string<Type> || text<Type>) {
        return false;
    } else if constexpr (is_optional<Type> || is_list<Type>) {
        return has_views<typename Type::value_type>();
    } else if constexpr (is_tuple<Type>) {
        return []<std::size_t... Index>(std::index_sequence<Index...>) {
            return (has_views<std::tuple_element_t<Index, Type>>() || ...);
        }(std::make_index_sequence<std::tuple_size_v<Type>>{});
    } else if constexpr (record<Type> && !std::is_enum_v<Type>) {
        return std::apply(
            [](auto... field) { return (has_views<field_type<Type, decltype(field)>>() || ...); },
            description<Type>::fields());
    } else {
        return false;
    }
}

}  // namespace detail

/// Whether a decoded message points into the bytes that it was decoded from.
template <class Type>
inline constexpr bool has_views = detail::has_views<Type>();

}  // namespace trunkline::bitcode
