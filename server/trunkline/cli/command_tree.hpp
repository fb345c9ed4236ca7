// The command line of the program as data, read off CLI11's description of it: what completions
// and manual pages are made from.
#pragma once

#include <trunkline/cli/commands.hpp>

#include <span>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace trunkline::cli {

struct option_words {
    std::vector<std::string> names;  ///< "-V", "--version"; the long ones last
    std::string value;               ///< "FILE", "text|json"; empty for a switch
    std::string positional;          ///< "KEY" where it goes without a name, too; else empty
    bool repeats = false;            ///< may be given more than once
    std::string meaning;
    std::string by_default;
    std::string group;

    /// The words it may be; empty when there are others, too.
    [[nodiscard]] std::vector<std::string> choices() const;
    [[nodiscard]] bool takes_file() const { return value == "FILE"; }
    /// One of the program's commands.
    [[nodiscard]] bool takes_command() const { return value == "COMMAND"; }
};

struct command_words {
    std::string name;
    std::string summary;  ///< one sentence
    std::vector<std::string> details;
    std::vector<option_words> options;
    std::vector<command_words> commands;

    /// What goes without a name, in the order in which it goes.
    [[nodiscard]] std::vector<option_words const*> positionals() const;
    /// The first of them; null when there is none.
    [[nodiscard]] option_words const* positional() const;
    /// The names of `commands`.
    [[nodiscard]] std::vector<std::string> command_names() const;
};

/// `app` and what is below it, without what is hidden.
[[nodiscard]] command_words words_of(CLI::App const& app);

/// The whole program.
[[nodiscard]] command_words program_words(std::span<command_maker* const> commands);

/// With `between` between them.
[[nodiscard]] std::string joined(std::vector<std::string> const& texts, std::string_view between);

}  // namespace trunkline::cli
