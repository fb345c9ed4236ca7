// Described values as text for people, in messages of tests.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/bitcode/describe.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace trunkline::mocks {

/// Elements of a list, and bytes of a byte string, that are shown; of text four times as many.
inline constexpr std::size_t shown_max = 32;

[[nodiscard]] std::string shown_text(std::string_view text);
[[nodiscard]] std::string shown_bytes(bytes_view bytes);

/// A record is {a, b}, a list [a, b], a tuple (a, b), text is in quotes, bytes are in hexadecimal
/// with their count, an enumeration is its number. What is long is cut.
template <class Type>
[[nodiscard]] std::string shown(Type const& value) {
    auto const joined = [](auto const&... each) {
        std::string all;
        (..., (all += (all.empty() ? "" : ", ") + shown(each)));
        return all;
    };
    if constexpr (std::is_same_v<Type, bool>) {
        return value ? "true" : "false";
    } else if constexpr (std::is_arithmetic_v<Type>) {
        return std::to_string(value);
    } else if constexpr (std::is_enum_v<Type>) {
        return std::to_string(static_cast<std::int64_t>(value));
    } else if constexpr (bitcode::text<Type>) {
        return shown_text(value);
    } else if constexpr (std::is_same_v<Type, slice>) {
        return shown_bytes(value.bytes);
    } else if constexpr (bitcode::byte_string<Type>) {
        return shown_bytes(value);
    } else if constexpr (bitcode::optional_value<Type>) {
        return value ? shown(*value) : "none";
    } else if constexpr (bitcode::tuple<Type>) {
        return "(" + std::apply(joined, value) + ")";
    } else if constexpr (bitcode::record<Type>) {
        return "{" +
               std::apply([&](auto... field) { return joined(value.*field...); },
                          bitcode::description<Type>::fields()) +
               "}";
    } else {
        std::string all;
        std::size_t count = 0;
        for (auto const& each : value) {
            if (count++ == shown_max) {
                all += ", ...";
                break;
            }
            all += (all.empty() ? "" : ", ") + shown(each);
        }
        return "[" + all + "]";
    }
}

}  // namespace trunkline::mocks
