// The program: a table of subcommands.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>

namespace {

using namespace trunkline;

struct command {
    std::string_view name;
    std::string_view summary;
    cli::command_function* run;
};

constexpr std::array commands{
    command{"serve", "serve a store over WebSocket", cli::serve},
    command{"verify", "check a store file as a whole", cli::verify},
    command{"stat", "say what is in a store file", cli::stat},
    command{"compact", "replace a store file by one with its live entries alone", cli::compact},
    command{"get", "write the value of a key to standard output", cli::get},
    command{"put", "store standard input under a key", cli::put},
    command{"del", "delete a key", cli::del},
    command{"exists", "tell by the exit code whether a key is there", cli::exists},
    command{"len", "count the keys of a store", cli::len},
};

int print_help() {
    std::string text = "Many calls on one wire.\nUsage: trunkline COMMAND [flags]\n\nCommands:\n";
    for (command const& one : commands) {
        text.append("  ").append(one.name).append(12 - one.name.size(), ' ');
        text.append(one.summary).append("\n");
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
    auto const found = std::ranges::find(commands, name, &command::name);
    if (found == commands.end()) {
        return cli::complain(cli::exit_usage,
                             "unknown command \"" + std::string(name) + "\"; see trunkline --help");
    }
    return found->run(arguments.subspan(1));
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return run({arguments + 1, static_cast<std::size_t>(std::max(count, 1) - 1)});
    } catch (std::exception const& fault) {
        return cli::complain(cli::exit_failure, std::string("stopped by: ") + fault.what());
    }
}
