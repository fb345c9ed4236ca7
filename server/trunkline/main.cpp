// The program: looks its first argument up among the subcommands.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>

namespace {

using namespace trunkline;

int print_help() {
    std::string text = "Many calls on one wire.\nUsage: trunkline COMMAND [flags]\n\nCommands:\n";
    for (auto* const make : cli::all_commands()) {
        auto const of = make().of;
        text.append("  ").append(of.name).append(14 - of.name.size(), ' ');
        text.append(of.summary).append("\n");
    }
    text +=
        "\ntrunkline COMMAND --help lists the flags of a command; trunkline --version names the "
        "version.\n";
    std::fputs(text.c_str(), stdout);
    return cli::exit_success;
}

int run(std::span<char const* const> arguments) {
    if (arguments.empty()) {
        return cli::complain(cli::exit_usage, "no command given; see trunkline --help");
    }
    std::string_view const name = arguments.front();
    if (name == "--help" || name == "-h" || name == "help") {
        return print_help();
    }
    if (name == "--version" || name == "-V") {
        std::puts("trunkline " TRUNKLINE_VERSION);
        return cli::exit_success;
    }
    for (auto* const make : cli::all_commands()) {
        if (auto made = make(); made.of.name == name) {
            return cli::run_command(std::move(made), arguments.subspan(1));
        }
    }
    return cli::complain(cli::exit_usage,
                         "unknown command \"" + std::string(name) + "\"; see trunkline --help");
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return run({arguments + 1, static_cast<std::size_t>(std::max(count, 1) - 1)});
    } catch (std::exception const& fault) {
        return cli::complain(cli::exit_failure, std::string("stopped by: ") + fault.what());
    }
}
