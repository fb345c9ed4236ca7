// What the subcommands about one store file have in common: their flags and how they end.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace trunkline::cli {

struct file_options {
    std::string file;
    std::string format = "text";
    std::optional<std::uint32_t> alignment;

    [[nodiscard]] bool json() const { return format == "json"; }
};

/// Reads FILE, --format and --alignment. An exit code when there is nothing left to do.
[[nodiscard]] std::optional<int> read_file_options(std::string_view command,
                                                   std::string_view summary,
                                                   std::span<char const* const> arguments,
                                                   file_options& options);

/// Writes a line to standard output; false when nobody takes it.
[[nodiscard]] bool say(std::string const& line);

}  // namespace trunkline::cli
