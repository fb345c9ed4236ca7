#include <trunkline/cli/completion_script.hpp>

#include <map>

namespace trunkline::cli {
namespace {

constexpr std::string_view head = R"(# Completions of @ for bash.
_@() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local command=${COMP_WORDS[1]} words= files= flags=
    # bash takes --flag=value apart.
    if [ "$current" = = ]; then
        current=
    elif [ "$previous" = = ]; then
        previous=${COMP_WORDS[COMP_CWORD-2]}
    fi
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        command=
    fi
    case "$command $previous" in
)";

constexpr std::string_view middle = R"(    *)
        case "$command" in
)";

constexpr std::string_view tail = R"(        esac
        case "$current" in
        -*) words=$flags files= ;;
        esac
        ;;
    esac
    if [ -n "$words" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    fi
    if [ -n "$files" ]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        compopt -o filenames 2> /dev/null || :
    fi
}
complete -F _@ @
)";

std::string named(std::string_view text, std::string const& program) {
    std::string filled(text);
    for (auto at = filled.find('@'); at != filled.npos; at = filled.find('@', at)) {
        filled.replace(at, 1, program);
    }
    return filled;
}

/// What is assigned where a value is wanted.
std::string values_of(option_words const& option, command_words const& program) {
    if (option.takes_file()) {
        return "files=yes";
    }
    auto const words = option.takes_command() ? program.command_names() : option.choices();
    return words.empty() ? ":" : "words='" + joined(words, " ") + "'";
}

/// One row for all flags that want the same.
std::string rows_of_values(command_words const& program) {
    std::map<std::string, std::string> patterns;
    for (command_words const& command : program.commands) {
        for (option_words const& option : command.options) {
            for (std::string const& name : option.names) {
                if (!option.value.empty()) {
                    auto& pattern = patterns[values_of(option, program)];
                    pattern.append(pattern.empty() ? "" : " | \\\n        ");
                    pattern.append("'").append(command.name).append(" ").append(name).append("'");
                }
            }
        }
    }
    std::string rows;
    for (auto const& [action, pattern] : patterns) {
        rows.append("    ").append(pattern).append(")\n        ").append(action).append(" ;;\n");
    }
    return rows;
}

std::string names_of(std::vector<option_words> const& options) {
    std::vector<std::string> names;
    for (option_words const& each : options) {
        names.insert(names.end(), each.names.begin(), each.names.end());
    }
    return joined(names, " ");
}

std::string row_of_command(command_words const& command, command_words const& program) {
    auto const* const positional = command.positional();
    auto const values = positional == nullptr ? ":" : values_of(*positional, program);
    return "        " + command.name + ")\n            flags='" + names_of(command.options) +
           "'\n            " + (values == ":" ? "words=$flags" : values) + " ;;\n";
}

}  // namespace

std::string bash_completion(command_words const& program) {
    std::string script = named(head, program.name) + rows_of_values(program);
    script += middle;
    script += "        '')\n            flags='" + names_of(program.options) +
              "'\n            words='" + joined(program.command_names(), " ") + "' ;;\n";
    for (command_words const& each : program.commands) {
        script += row_of_command(each, program);
    }
    return script + named(tail, program.name);
}

}  // namespace trunkline::cli
