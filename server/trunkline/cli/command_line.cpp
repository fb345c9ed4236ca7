#include <trunkline/cli/command_line.hpp>

#include <trunkline/cli/exit_code.hpp>
#include <trunkline/config/config_file.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::cli {
namespace {

using config::setting;

/// The name of the setting where it goes without a flag.
std::string positional_name(setting const& one) {
    if (!std::holds_alternative<config::choice>(one.target) &&
        !std::holds_alternative<config::number>(one.target)) {
        return placeholder(one);
    }
    std::string name(one.name);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    return name;
}

bool goes_without_flag(usage const& of, setting const& one) {
    return one.name == of.positional ||
           std::ranges::find(of.more_positional, one.name) != of.more_positional.end();
}

void add_flag(CLI::App& app, usage const& of, setting const& one) {
    std::string names = "--" + std::string(one.name);
    std::string const meaning(one.meaning);
    CLI::Option* option = nullptr;
    if (std::holds_alternative<config::toggle>(one.target)) {
        option = app.add_flag(names, meaning);
    } else {
        if (goes_without_flag(of, one)) {
            names += "," + positional_name(one);
        }
        // A flag takes one value, and may come again; only what needs no flag takes all that
        // follow.
        bool const is_list =
            one.name == of.positional && std::holds_alternative<config::word_list>(one.target);
        option = app.add_option(names, meaning);
        option->expected(1, is_list ? -1 : 1)->allow_extra_args(is_list);
        option->type_name(placeholder(one));
        std::string const present = value_text(one);
        if (!present.empty()) {
            option->default_str(present);
        }
    }
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    option->group(one.is_limit ? "Limits" : "Options");
}

std::string see_help(usage const& of) {
    return "; see trunkline " + std::string(of.name) + " --help";
}

std::string unexpected(usage const& of, std::string_view argument,
                       std::span<setting const> settings) {
    if (!argument.starts_with('-')) {
        return "unexpected argument \"" + std::string(argument) + "\"" + see_help(of);
    }
    std::string_view name = argument.substr(0, argument.find('='));
    std::string line = "unknown flag " + std::string(name);
    name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
    std::string_view const nearest = config::nearest_name(settings, name);
    return nearest.empty() ? line + see_help(of)
                           : line.append("; did you mean --").append(nearest).append("?");
}

/// CLI11 throws for a flag without its value; the text begins with the flag's name.
std::string missing_value(usage const& of, CLI::ParseError const& fault) {
    std::string const text = fault.what();
    std::size_t const colon = text.find(':');
    if (text.starts_with("--") && colon != text.npos) {
        return text.substr(0, colon) + " needs a value" + see_help(of);
    }
    return text + see_help(of);
}

std::string assign_flag(setting& to, std::vector<std::string> const& texts) {
    std::string const name = "--" + std::string(to.name);
    if (texts.size() > 1 && !std::holds_alternative<config::word_list>(to.target)) {
        return name + " is given twice; once is enough";
    }
    for (std::string const& text : texts) {
        if (auto const done = config::assign(to, text, config::origin::flag); !done) {
            return name + ": " + explain(to, text, done.error());
        }
    }
    return {};
}

std::string follow(CLI::App const& app, bool has_config_file, std::span<setting> settings) {
    std::string fault;
    if (has_config_file && app.count("--config") > 0) {
        fault = config::read_config_file(app["--config"]->as<std::string>(), settings);
    }
    for (setting& one : settings) {
        auto const* const given = app.get_option("--" + std::string(one.name));
        if (fault.empty() && given->count() > 0) {
            fault = assign_flag(one, given->results());
        }
    }
    return fault;
}

int print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return std::fflush(stdout) == 0 ? exit_success : exit_failure;
}

/// Lines of at most 80 characters; empty lines part paragraphs.
std::string wrapped(std::string_view text) {
    constexpr std::size_t width = 80;
    std::string shown;
    std::size_t column = 0;
    while (!text.empty()) {
        auto const size = std::min(text.find_first_of(" \n"), text.size());
        if (column > 0) {
            bool const fits = column + 1 + size <= width;
            shown.push_back(fits ? ' ' : '\n');
            column = fits ? column + 1 : 0;
        }
        shown.append(text.substr(0, size));
        column += size;
        text.remove_prefix(size);
        auto const is_border = text.starts_with("\n\n");
        shown.append(is_border ? "\n\n" : "");
        column = is_border ? 0 : column;
        text.remove_prefix(is_border ? 2 : std::min<std::size_t>(1, text.size()));
    }
    return shown;
}

void add_help_and_version(CLI::App& app) {
    app.set_help_flag("-h,--help", "print the flags and end")->group("Options");
    app.set_version_flag("-V,--version", std::string("trunkline ") + TRUNKLINE_VERSION,
                         "print the version and end")
        ->group("Options");
}

/// Does not refer to `made`.
std::shared_ptr<CLI::App> app_of(command const& made) {
    auto app = std::make_shared<CLI::App>(std::string(made.of.summary), std::string(made.of.name));
    app->footer(wrapped(made.of.details));
    app->allow_extras();
    add_help_and_version(*app);
    for (setting const& one : made.settings) {
        add_flag(*app, made.of, one);
    }
    if (made.of.has_config_file) {
        app->add_option("--config", "TOML file with the names of the flags as keys")
            ->type_name("FILE")
            ->group("Options");
    }
    return app;
}

}  // namespace

int complain(int code, std::string_view text) {
    std::string const line = "trunkline: " + std::string(text) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
    return code;
}

std::shared_ptr<CLI::App> program_app(std::span<command_maker* const> commands) {
    auto program = std::make_shared<CLI::App>("Many calls on one wire.", "trunkline");
    add_help_and_version(*program);
    for (command_maker* const make : commands) {
        program->add_subcommand(app_of(make()));
    }
    return program;
}

int run_command(command made, std::span<char const* const> arguments) {
    auto const app = app_of(made);
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
        app->parse(std::move(reversed));
    } catch (CLI::Success const& asked) {
        bool const version = asked.get_name() == "CallForVersion";
        app->name("trunkline " + std::string(made.of.name));
        return print(version ? std::string(asked.what()) + "\n" : app->help());
    } catch (CLI::ParseError const& fault) {
        return complain(exit_usage, missing_value(made.of, fault));
    }
    auto const extras = app->remaining();
    if (!extras.empty()) {
        return complain(exit_usage, unexpected(made.of, extras.front(), made.settings));
    }
    std::string const fault = follow(*app, made.of.has_config_file, made.settings);
    if (!fault.empty()) {
        return complain(exit_usage, fault);
    }
    return made.run(made.settings);
}

}  // namespace trunkline::cli
