// Keys as the command line takes them.
#pragma once

#include <string>
#include <string_view>

namespace trunkline::cli {

/// Text as it is, hexadecimal digits, or "@FILE" for the bytes of a file. Returns a complaint,
/// empty when `key` has been set.
[[nodiscard]] std::string read_key(std::string_view said, bool is_hex, std::string& key);

/// The bytes of a file. Returns a complaint, empty when `bytes` has been set.
[[nodiscard]] std::string read_named_file(std::string const& name, std::string& bytes);

}  // namespace trunkline::cli
