#include <trunkline/cli/completion_script.hpp>

namespace trunkline::cli {
namespace {

/// In single quotes, and with backslashes before what _arguments and _describe would take.
std::string quoted(std::string_view text) {
    std::string shown;
    for (char const c : text) {
        if (c == '\'') {
            shown += "'\\''";
            continue;
        }
        if (std::string_view("[]:\\").find(c) != std::string_view::npos) {
            shown.push_back('\\');
        }
        shown.push_back(c);
    }
    return shown;
}

std::string values_of(option_words const& option, command_words const& program) {
    if (option.takes_file()) {
        return "_files";
    }
    auto const words = option.takes_command() ? program.command_names() : option.choices();
    return words.empty() ? " " : "(" + joined(words, " ") + ")";
}

/// The first line of what the value is: zsh shows it where it has nothing to offer.
std::string label_of(option_words const& option) {
    return quoted(option.choices().empty() ? option.value : "value");
}

std::string spec_of(option_words const& option, std::string const& name,
                    command_words const& program) {
    std::string spec = option.repeats ? "'*" : "'";
    spec += name + (option.value.empty() || !name.starts_with("--") ? "" : "=");
    spec += "[" + quoted(option.meaning) + "]";
    if (!option.value.empty()) {
        spec += ":" + label_of(option) + ":" + values_of(option, program);
    }
    return spec + "'";
}

std::string specs_of(command_words const& command, command_words const& program,
                     std::string const& margin) {
    std::string specs;
    for (option_words const& option : command.options) {
        for (std::string const& name : option.names) {
            specs += " \\\n" + margin + spec_of(option, name, program);
        }
    }
    std::size_t place = 0;
    for (auto const* const own : command.positionals()) {
        specs += " \\\n" + margin + "'" + (own->repeats ? "*" : std::to_string(++place)) + ":" +
                 quoted(own->positional) + ":" + values_of(*own, program) + "'";
    }
    return specs;
}

}  // namespace

std::string zsh_completion(command_words const& program) {
    std::string const name = "_" + program.name;
    std::string script =
        "#compdef " + program.name + "\n# Completions of " + program.name + " for zsh.\n" + name +
        "() {\n    local curcontext=$curcontext state line\n    local -a commands\n"
        "    typeset -A opt_args\n    commands=(\n";
    for (command_words const& each : program.commands) {
        script += "        '" + quoted(each.name) + ":" + quoted(each.summary) + "'\n";
    }
    script += "    )\n    _arguments -C" + specs_of(program, program, "        ") +
              " \\\n        '1:command:->command' \\\n        '*::argument:->argument'\n"
              "    case $state in\n    command)\n        _describe command commands ;;\n"
              "    argument)\n        case $words[1] in\n";
    for (command_words const& each : program.commands) {
        script += "        " + each.name + ")\n            _arguments" +
                  specs_of(each, program, "                ") + " ;;\n";
    }
    return script + "        esac ;;\n    esac\n}\nif [ \"$funcstack[1]\" = " + name +
           " ]; then\n    " + name + " \"$@\"\nelse\n    compdef " + name + " " + program.name +
           "\nfi\n";
}

}  // namespace trunkline::cli
