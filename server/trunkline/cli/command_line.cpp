#include <trunkline/cli/command_line.hpp>

#include <trunkline/cli/exit_code.hpp>
#include <trunkline/config/config_file.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <utility>
#include <vector>

namespace trunkline::cli {
namespace {

using config::setting;

struct flag {
    setting* behind;
    CLI::Option* option;
};

CLI::Option* add_flag(CLI::App& app, usage const& of, setting const& one) {
    std::string names = "--" + std::string(one.name);
    std::string const meaning(one.meaning);
    CLI::Option* option = nullptr;
    if (std::holds_alternative<config::toggle>(one.target)) {
        option = app.add_flag(names, meaning);
    } else {
        if (one.name == of.positional) {
            names += ",FILE";
        }
        option = app.add_option(names, meaning);
        option->expected(1)->type_name(placeholder(one));
        std::string const present = value_text(one);
        if (!present.empty()) {
            option->default_str(present);
        }
    }
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    option->group(one.is_limit ? "Limits" : "Options");
    return option;
}

std::string see_help(usage const& of) {
    return "; see trunkline " + std::string(of.command) + " --help";
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

std::string assign_flag(flag const& given) {
    auto const& texts = given.option->results();
    std::string const name = "--" + std::string(given.behind->name);
    if (texts.size() > 1) {
        return name + " is given twice; once is enough";
    }
    auto const done = config::assign(*given.behind, texts.front(), config::origin::flag);
    return done ? "" : name + ": " + explain(*given.behind, texts.front(), done.error());
}

std::string follow(std::string const& config_path, std::span<flag const> flags,
                   std::span<setting> settings) {
    std::string fault;
    if (!config_path.empty()) {
        fault = config::read_config_file(config_path, settings);
    }
    for (flag const& one : flags) {
        if (fault.empty() && one.option->count() > 0) {
            fault = assign_flag(one);
        }
    }
    return fault;
}

int print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return std::fflush(stdout) == 0 ? exit_success : exit_failure;
}

}  // namespace

int complain(int code, std::string_view text) {
    std::string const line = "trunkline: " + std::string(text) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
    return code;
}

std::optional<int> read_command_line(usage const& of, std::span<char const* const> arguments,
                                     std::span<config::setting> settings) {
    CLI::App app(std::string(of.summary), "trunkline " + std::string(of.command));
    app.allow_extras();
    app.set_version_flag("-V,--version", std::string("trunkline ") + TRUNKLINE_VERSION);
    std::vector<flag> flags;
    for (setting& one : settings) {
        flags.push_back({&one, add_flag(app, of, one)});
    }
    std::string config_path;
    if (of.has_config_file) {
        app.add_option("--config", config_path, "TOML file with the names of the flags as keys")
            ->type_name("FILE")
            ->group("Options");
    }
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
        app.parse(std::move(reversed));
    } catch (CLI::Success const& asked) {
        bool const version = asked.get_name() == "CallForVersion";
        return print(version ? std::string(asked.what()) + "\n" : app.help());
    } catch (CLI::ParseError const& fault) {
        return complain(exit_usage, missing_value(of, fault));
    }
    auto const extras = app.remaining();
    if (!extras.empty()) {
        return complain(exit_usage, unexpected(of, extras.front(), settings));
    }
    std::string const fault = follow(config_path, flags, settings);
    if (!fault.empty()) {
        return complain(exit_usage, fault);
    }
    return std::nullopt;
}

}  // namespace trunkline::cli
