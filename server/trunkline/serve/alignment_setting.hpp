// The flag that says how values lie in a store file, the same for every subcommand that opens one.
#pragma once

#include <trunkline/config/setting.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace trunkline::server {

/// What the variable behind --alignment holds at first.
inline constexpr auto alignment_by_default = "detect";

/// --alignment; `value` is one of its words.
[[nodiscard]] config::setting alignment_setting(std::string& value);

/// The alignment that `value` asks for; none when the file shall tell.
[[nodiscard]] std::optional<std::uint32_t> alignment_of(std::string const& value);

}  // namespace trunkline::server
