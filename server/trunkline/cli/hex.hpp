// Bytes as rows of hexadecimal digits.
#pragma once

#include <trunkline/base/bytes.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace trunkline::cli {

/// Two digits per byte, small letters.
[[nodiscard]] std::string to_hex(bytes_view bytes);

/// Letters may be large or small. Nothing when `digits` are not whole bytes.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view digits);

}  // namespace trunkline::cli
