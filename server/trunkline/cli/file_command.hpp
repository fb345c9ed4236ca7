// What the subcommands about one store file have in common: their flags.
#pragma once

#include <trunkline/cli/command.hpp>
#include <trunkline/cli/output.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::cli {

struct file_options {
    std::string file;
    std::string alignment_text;
    output_form form;

    [[nodiscard]] bool json() const { return form.json(); }
    [[nodiscard]] std::optional<std::uint32_t> alignment() const;
};

/// FILE, --alignment, --format and --json, which refer to `options`.
[[nodiscard]] config::setting_list file_settings(file_options& options);

/// A command with these flags and no others, which does `act` when it is given a file.
[[nodiscard]] command file_command(std::string_view name, std::string_view summary,
                                   std::function<int(file_options const&)> act);

}  // namespace trunkline::cli
