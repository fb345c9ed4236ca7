// trunkline man: the manual pages of the program and of its commands.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/manual_page.hpp>
#include <trunkline/cli/output.hpp>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>

namespace trunkline::cli {
namespace {

struct man_options {
    std::string command;
    std::string folder;
};

bool write_file(std::string const& path, std::string const& text) {
    std::ofstream to(path, std::ios::binary | std::ios::trunc);
    to << text;
    return static_cast<bool>(to.flush());
}

int write_all(command_words const& program, std::string const& folder) {
    auto const path = [&](command_words const* of) {
        return folder + "/" + page_name(program, of) + ".1";
    };
    bool written = write_file(path(nullptr), manual_page(program));
    for (command_words const& each : program.commands) {
        written = written && write_file(path(&each), manual_page(program, each));
    }
    return written ? exit_success
                   : complain(exit_failure, "cannot write manual pages into " + folder +
                                                "; name a folder that is there");
}

int act(man_options const& options) {
    auto const program = program_words(all_commands());
    if (!options.folder.empty()) {
        return write_all(program, options.folder);
    }
    if (options.command.empty()) {
        return write_text(manual_page(program)) ? exit_success : exit_failure;
    }
    auto const found = std::ranges::find(program.commands, options.command, &command_words::name);
    if (found == program.commands.end()) {
        return complain(exit_usage,
                        "unknown command \"" + options.command + "\"; see trunkline --help");
    }
    return write_text(manual_page(program, *found)) ? exit_success : exit_failure;
}

}  // namespace

command man() {
    auto const options = std::make_shared<man_options>();
    return {{.name = "man",
             .summary = "Writes the manual page of the program or of one of its commands.",
             .positional = "command",
             .details = "The page is in the form that man reads: trunkline man get | man -l -. An "
                        "installed package brings the pages to where man finds them."},
            {{"command", "the command whose page it is; the program's without one",
              config::words{&options->command, "COMMAND"}},
             {"into", "write all pages into this folder, as files for man",
              config::words{&options->folder, "FOLDER"}}},
            [options](std::span<config::setting>) { return act(*options); }};
}

}  // namespace trunkline::cli
