// Manual pages, as man(7) has them.
#pragma once

#include <trunkline/cli/command_tree.hpp>

#include <string>

namespace trunkline::cli {

/// Of the program as a whole.
[[nodiscard]] std::string manual_page(command_words const& program);

/// Of one of its commands.
[[nodiscard]] std::string manual_page(command_words const& program, command_words const& command);

/// The name of the page without its section: "trunkline", "trunkline-get".
[[nodiscard]] std::string page_name(command_words const& program, command_words const* command);

}  // namespace trunkline::cli
