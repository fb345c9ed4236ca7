// Errors of decoding bitcode messages.
#pragma once

#include <trunkline/base/result.hpp>

#include <string_view>
#include <type_traits>

namespace trunkline::bitcode {

/// Why bytes are not a message of the described type.
enum class bitcode_error {
    end_of_input = 1,   ///< the bytes end before the value does
    trailing_bytes,     ///< the value ends before the bytes do
    invalid_packing,    ///< a packing byte above the last code
    length_overflow,    ///< lengths of one column add up to 2^63 / 4096 or more
    invalid_text,       ///< not UTF-8, or a text that begins or ends inside a character
    invalid_variant,    ///< the number of an enumeration is out of range
    too_many_elements,  ///< bitcode_limits::list_elements_max
    too_large,          ///< bitcode_limits::decoded_size_max
};

/// Any thread.
[[nodiscard]] error_code make_error_code(bitcode_error error) noexcept;

/// What a peer is told of a message that is not valid, whatever was wrong with it: the text of the
/// published programs.
inline constexpr std::string_view wire_error_text = "bitcode error";

}  // namespace trunkline::bitcode

template <>
struct boost::system::is_error_code_enum<trunkline::bitcode::bitcode_error> : std::true_type {};
