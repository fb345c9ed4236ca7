#include <trunkline/cli/completion_script.hpp>

namespace trunkline::cli {
namespace {

std::string quoted(std::string_view text) {
    std::string shown = "'";
    for (char const c : text) {
        if (c == '\'' || c == '\\') {
            shown.push_back('\\');
        }
        shown.push_back(c);
    }
    return shown + "'";
}

/// How a value is completed: files, words, or by the user alone.
std::string values_of(option_words const& option, command_words const& program) {
    if (option.takes_file()) {
        return " -r -F";
    }
    auto const words = option.takes_command() ? program.command_names() : option.choices();
    return words.empty() ? " -x" : " -x -a " + quoted(joined(words, " "));
}

std::string line_of(std::string const& begin, option_words const& option,
                    command_words const& program) {
    std::string line = begin;
    for (std::string const& name : option.names) {
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    line += option.value.empty() ? "" : values_of(option, program);
    return line + " -d " + quoted(option.meaning) + "\n";
}

std::string lines_of(command_words const& command, command_words const& program,
                     std::string const& begin) {
    std::string lines;
    for (option_words const& option : command.options) {
        lines += line_of(begin, option, program);
    }
    if (auto const* const own = command.positional()) {
        auto const words = own->takes_command() ? program.command_names() : own->choices();
        if (own->takes_file()) {
            lines += begin + " -F\n";
        } else if (!words.empty()) {
            lines += begin + " -a " + quoted(joined(words, " ")) + "\n";
        }
    }
    return lines;
}

}  // namespace

std::string fish_completion(command_words const& program) {
    std::string const test = "__" + program.name + "_command";
    std::string script = "# Completions of " + program.name + " for fish.\nfunction " + test +
                         R"(
    set -l words (commandline -opc)
    if test (count $argv) -eq 0
        test (count $words) -eq 1
    else
        test (count $words) -gt 1; and test $words[2] = $argv[1]
    end
end
)";
    std::string const complete = "complete -c " + program.name;
    script += complete + " -f\n" + lines_of(program, program, complete + " -n " + test);
    for (command_words const& each : program.commands) {
        script +=
            complete + " -n " + test + " -a " + each.name + " -d " + quoted(each.summary) + "\n";
        script += lines_of(each, program, complete + " -n '" + test + " " + each.name + "'");
    }
    return script;
}

}  // namespace trunkline::cli
