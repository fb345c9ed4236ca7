// Keys and values as lines, whatever their bytes are (docs/store-commands.md, "Batches").
#pragma once

#include <trunkline/base/bytes.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::cli {

/// KEY, TAB, VALUE; or an object with "key" and "value", both as hexadecimal digits. A line of text
/// has escapes for what would break it: \t \n \r \\ and \xHH.
enum class line_form : std::uint8_t { text, hex, json };

/// How lines are read.
struct line_rules {
    line_form form = line_form::text;
    bool files = false;  ///< @FILE in place of a key or value means the bytes of that file
};

struct batch_entry {
    std::string key;
    std::optional<std::string> value;  ///< nothing: the line has a key alone

    friend bool operator==(batch_entry const&, batch_entry const&) = default;
};

/// Without its end. A key that is not there goes without a value; in JSON that is null. Whatever
/// bytes they have, read_line() gives them back.
[[nodiscard]] std::string line_of(line_form form, bytes_view key, std::optional<bytes_view> value);

/// Returns a complaint, empty when `entry` has been set.
[[nodiscard]] std::string read_line(line_rules const& rules, std::string_view line,
                                    batch_entry& entry);

}  // namespace trunkline::cli
