// Sizes, durations and counts as people write them: "64MiB", "15s", "4096".
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/config/error.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace trunkline::config {

/// Bytes. A whole number, then B, KiB, MiB, GiB or TiB in any case, or nothing for bytes; one space
/// may stand between. Units of a thousand (MB) are refused, for nobody agrees on what they mean.
/// Fails with not_a_size, or above_maximum beyond 64 bits.
[[nodiscard]] result<std::uint64_t> parse_size(std::string_view text);

/// A whole number, then ms, s, min or h; 0 needs no unit. Fails with not_a_duration, missing_unit,
/// or above_maximum beyond 63 bits of milliseconds.
[[nodiscard]] result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// A whole number in decimal digits. Fails with not_a_count, or above_maximum beyond 64 bits.
[[nodiscard]] result<std::uint64_t> parse_count(std::string_view text);

/// The shortest exact form; parse_size gives the number back.
[[nodiscard]] std::string format_size(std::uint64_t bytes);

/// The shortest exact form; parse_duration gives the duration back. Not for negative durations.
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

}  // namespace trunkline::config
