// What commands write to standard output, and how it is to look.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/config/setting.hpp>

#include <string>
#include <string_view>

namespace trunkline::cli {

/// Behind --format and --json.
struct output_form {
    std::string format = "text";
    bool as_json = false;

    [[nodiscard]] bool json() const { return as_json || format == "json"; }
};

/// Adds --format and --json, which refer to `form`.
void add_output_settings(config::setting_list& list, output_form& form);

/// Writes a line to standard output; false when nobody takes it.
[[nodiscard]] bool say(std::string const& line);

/// The same without an end of its own.
[[nodiscard]] bool write_text(std::string_view text);

}  // namespace trunkline::cli
