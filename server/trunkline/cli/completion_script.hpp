// Scripts that let a shell complete the program's command line.
#pragma once

#include <trunkline/cli/command_tree.hpp>

#include <string>

namespace trunkline::cli {

/// For bash 4 and later: a file of bash-completion, or evaluated.
[[nodiscard]] std::string bash_completion(command_words const& program);

/// For zsh: a file `_NAME` on its fpath, or evaluated after compinit.
[[nodiscard]] std::string zsh_completion(command_words const& program);

/// For fish: a file of its vendor_completions.d, or sourced.
[[nodiscard]] std::string fish_completion(command_words const& program);

}  // namespace trunkline::cli
