#include <trunkline/cli/command_tree.hpp>

#include <trunkline/cli/command_line.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace trunkline::cli {
namespace {

std::vector<std::string> split(std::string_view text, std::string_view at) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        auto const end = std::min(text.find(at), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + at.size(), text.size()));
    }
    return parts;
}

option_words words_of(CLI::Option const& option) {
    option_words words;
    for (std::string const& each : option.get_snames()) {
        words.names.push_back("-" + each);
    }
    for (std::string const& each : option.get_lnames()) {
        words.names.push_back("--" + each);
    }
    bool const is_switch = option.get_items_expected_max() == 0;
    words.value = is_switch ? "" : option.get_type_name();
    words.positional = option.get_positional() ? option.get_name(true) : "";
    words.repeats = option.get_expected_max() > 1;
    words.meaning = option.get_description();
    words.by_default = option.get_default_str();
    words.group = option.get_group();
    return words;
}

}  // namespace

std::vector<std::string> option_words::choices() const {
    return value.find('|') == value.npos ? std::vector<std::string>() : split(value, "|");
}

std::vector<option_words const*> command_words::positionals() const {
    std::vector<option_words const*> found;
    for (option_words const& each : options) {
        if (!each.positional.empty()) {
            found.push_back(&each);
        }
    }
    return found;
}

option_words const* command_words::positional() const {
    auto const found = positionals();
    return found.empty() ? nullptr : found.front();
}

std::vector<std::string> command_words::command_names() const {
    std::vector<std::string> names;
    for (command_words const& each : commands) {
        names.push_back(each.name);
    }
    return names;
}

command_words words_of(CLI::App const& app) {
    command_words words{
        app.get_name(), app.get_description(), split(app.get_footer(), "\n\n"), {}, {}};
    for (CLI::Option const* each : app.get_options()) {
        if (!each->get_group().empty()) {
            words.options.push_back(words_of(*each));
        }
    }
    for (CLI::App const* each : app.get_subcommands([](CLI::App const*) { return true; })) {
        if (!each->get_group().empty()) {
            words.commands.push_back(words_of(*each));
        }
    }
    return words;
}

command_words program_words(std::span<command_maker* const> commands) {
    return words_of(*program_app(commands));
}

std::string joined(std::vector<std::string> const& texts, std::string_view between) {
    std::string all;
    for (std::string const& each : texts) {
        all.append(&each == texts.data() ? "" : between).append(each);
    }
    return all;
}

}  // namespace trunkline::cli
