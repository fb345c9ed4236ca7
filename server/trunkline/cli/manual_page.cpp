#include <trunkline/cli/manual_page.hpp>

#include <trunkline/cli/exit_code.hpp>

#include <algorithm>
#include <cctype>

namespace trunkline::cli {
namespace {

/// As it stands: roff takes no part of it for a request, an escape or a hyphen.
std::string plain(std::string_view text) {
    std::string shown;
    for (char const c : text) {
        if (c == '\\') {
            shown += "\\e";
        } else if (c == '-') {
            shown += "\\-";
        } else {
            shown += (shown.empty() && (c == '.' || c == '\'')) ? "\\&" : "";
            shown.push_back(c);
        }
    }
    return shown;
}

std::string bold(std::string_view text) {
    return "\\fB" + plain(text) + "\\fR";
}

std::string italic(std::string_view text) {
    return "\\fI" + plain(text) + "\\fR";
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
    return text;
}

std::string title(std::string const& name, std::string_view summary) {
    std::string short_form(summary.substr(0, summary.find_last_not_of('.') + 1));
    return ".TH " + plain(upper(name)) +
           " 1 \"\" \"trunkline " TRUNKLINE_VERSION "\" \"Trunkline\"\n" + ".SH NAME\n" +
           plain(name) + " \\- " + plain(short_form) + "\n";
}

std::string item(std::string const& tag, std::string const& text) {
    return ".TP\n" + tag + "\n" + text + "\n";
}

std::string item_of(option_words const& option) {
    std::vector<std::string> names;
    for (std::string const& name : option.names) {
        names.push_back(bold(name));
    }
    std::string tag = joined(names, ", ");
    tag += option.value.empty() ? "" : " " + italic(option.value);
    if (!option.positional.empty()) {
        tag = italic(option.positional) + (option.repeats ? "..." : "") + ", " + tag;
    }
    auto const text = plain(option.meaning) +
                      (option.by_default.empty() ? "" : "; default: " + plain(option.by_default));
    return item(tag, text);
}

std::string options_of(command_words const& of) {
    std::string text;
    for (std::string_view const group : {"Options", "Limits"}) {
        std::string items;
        for (option_words const& each : of.options) {
            items += each.group == group ? item_of(each) : "";
        }
        text += items.empty() ? "" : ".SH " + upper(std::string(group)) + "\n" + items;
    }
    return text;
}

std::string exit_status() {
    std::string text = ".SH EXIT STATUS\n";
    for (auto const& [codes, meaning] : exit_meanings()) {
        text += item(bold(codes), plain(meaning));
    }
    return text;
}

std::string description(std::string_view summary, std::vector<std::string> const& details) {
    std::string text = ".SH DESCRIPTION\n" + plain(summary) + "\n";
    for (std::string const& paragraph : details) {
        text += ".PP\n" + plain(paragraph) + "\n";
    }
    return text;
}

std::string see_also(std::vector<std::string> const& pages) {
    std::vector<std::string> shown;
    for (std::string const& page : pages) {
        shown.push_back(bold(page) + "(1)");
    }
    return ".SH SEE ALSO\n" + joined(shown, ",\n") + "\n";
}

}  // namespace

std::string page_name(command_words const& program, command_words const* command) {
    return command == nullptr ? program.name : program.name + "-" + command->name;
}

std::string manual_page(command_words const& program) {
    std::string text = title(program.name, program.summary) + ".SH SYNOPSIS\n" +
                       bold(program.name) + " " + italic("COMMAND") + " [" + italic("flags") +
                       "]\n" + description(program.summary, program.details) + ".SH COMMANDS\n";
    std::vector<std::string> pages;
    for (command_words const& each : program.commands) {
        text += item(bold(each.name), plain(each.summary));
        pages.push_back(page_name(program, &each));
    }
    return text + options_of(program) + exit_status() + see_also(pages);
}

std::string manual_page(command_words const& program, command_words const& command) {
    std::string synopsis = bold(program.name + " " + command.name);
    for (auto const* const own : command.positionals()) {
        synopsis += " [" + italic(own->positional) + (own->repeats ? "..." : "") + "]";
    }
    return title(page_name(program, &command), command.summary) + ".SH SYNOPSIS\n" + synopsis +
           " [" + italic("flags") + "]\n" + description(command.summary, command.details) +
           options_of(command) + exit_status() + see_also({program.name});
}

}  // namespace trunkline::cli
