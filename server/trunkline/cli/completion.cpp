// trunkline completion: the script that lets a shell complete the program's command line.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/completion_script.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/output.hpp>

#include <memory>
#include <string>

namespace trunkline::cli {
namespace {

int act(std::string const& shell) {
    if (shell.empty()) {
        return complain(exit_usage,
                        "no shell given; write trunkline completion bash, or zsh, or fish");
    }
    auto const program = program_words(all_commands());
    auto const script = shell == "bash"  ? bash_completion(program)
                        : shell == "zsh" ? zsh_completion(program)
                                         : fish_completion(program);
    return write_text(script) ? exit_success : exit_failure;
}

}  // namespace

command completion() {
    auto const shell = std::make_shared<std::string>();
    return {{.name = "completion",
             .summary = "Writes the script that lets a shell complete command lines.",
             .positional = "shell",
             .details = "For the shell that runs now: eval \"$(trunkline completion bash)\", the "
                        "same with zsh after compinit, and in fish: trunkline completion fish | "
                        "source. An installed package brings the scripts to where the shells find "
                        "them."},
            {{"shell", "whose script it is", config::choice{shell.get(), {"bash", "zsh", "fish"}}}},
            [shell](std::span<config::setting>) { return act(*shell); }};
}

}  // namespace trunkline::cli
