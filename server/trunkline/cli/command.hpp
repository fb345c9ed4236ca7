// A subcommand of the program before it is run: its command line, and what it does.
#pragma once

#include <trunkline/config/setting.hpp>

#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace trunkline::cli {

/// What a subcommand is called and what it says about itself.
struct usage {
    std::string_view name;        ///< such as "serve"
    std::string_view summary;     ///< one sentence
    std::string_view positional;  ///< the setting that goes without its flag, too; may be empty
    bool has_config_file = false;
    std::string_view details = {};  ///< paragraphs for --help and the manual page; may be empty
    /// Settings that go without their flags behind `positional`, in this order, which is theirs.
    std::vector<std::string_view> more_positional = {};
};

/// A value that can be described (command_tree.hpp) as well as run.
struct command {
    usage of;
    config::setting_list settings;  ///< their variables belong to `run`
    /// Once the settings have their values, which it is given; returns the exit code.
    std::function<int(std::span<config::setting>)> run;
};

}  // namespace trunkline::cli
