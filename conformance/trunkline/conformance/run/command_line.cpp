#include <trunkline/conformance/run/command_line.hpp>

#include <trunkline/conformance/run/run_names.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <set>
#include <utility>

namespace trunkline::conformance {
namespace {

// What the flags fill, before it is looked at.
struct flags {
    std::vector<std::string> shapes;
    std::vector<std::string> roles;
    std::vector<std::string> reports;
    std::vector<std::uint64_t> seeds;
    std::string size = "quick";
    bool client_only = false;
    bool server_only = false;
    std::string faults;
    std::uint64_t seconds = 0;
    std::uint64_t run_seconds = 0;
    std::size_t failures = 0;
};

// A flag that may come again, each time with one value.
template <class Value>
CLI::Option* add_list(CLI::App& to, char const* name, std::vector<Value>& values,
                      char const* meaning) {
    return to.add_option(name, values, meaning)
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

std::vector<std::string> names_of(std::span<subject const> subjects) {
    std::vector<std::string> names;
    for (subject const& each : subjects) {
        names.push_back(each.name);
    }
    return names;
}

std::vector<std::string> shape_names() {
    std::vector<std::string> names;
    for (auto const each : transport::all_delivery_shapes) {
        names.emplace_back(transport::name_of(each));
    }
    return names;
}

// An id or a family; CLI11 wants an empty text when it is one.
CLI::Validator is_a_rule(std::span<rule const> rules) {
    return CLI::Validator(
        [rules](std::string const& word) {
            bool const found = std::ranges::any_of(rules, [&](rule const& each) {
                return each.id == word || family_of(each) == word;
            });
            return found ? std::string()
                         : "there is no rule and no family " + word + "; --list tells them";
        },
        "ID|FAMILY");
}

CLI::Validator is_a_report() {
    return CLI::Validator(
        [](std::string const& word) {
            return report_wanted(word)
                       ? std::string()
                       : "\"" + word +
                             "\" is none; FORMAT or FORMAT=FILE is wanted, with one of "
                             "text, json, junit and html";
        },
        "FORMAT[=FILE]");
}

CLI::Validator is_a_schedule() {
    return CLI::Validator(
        [](std::string const& word) {
            return fault_schedule::from_hex(word)
                       ? std::string()
                       : "\"" + word + "\" is none; three bytes for each fault are wanted, up to " +
                             std::to_string(fault_schedule::faults_max) + " times";
        },
        "HEX");
}

void add_choice(CLI::App& app, command_line& to, flags& raw, std::span<rule const> rules,
                std::span<subject const> subjects) {
    add_list(app, "--rule", to.chosen.rules, "a rule, or a family of them; may come again")
        ->check(is_a_rule(rules));
    add_list(app, "--transport", to.chosen.transports, "a transport; may come again")
        ->check(CLI::IsMember(names_of(subjects)));
    add_list(app, "--shape", raw.shapes, "how links deliver; may come again")
        ->check(CLI::IsMember(shape_names()));
    auto* const role = add_list(app, "--role", raw.roles, "who calls; may come again")
                           ->check(CLI::IsMember({"client", "server"}));
    auto* const client =
        app.add_flag("--client-only", raw.client_only, "--role client: clients are never called")
            ->excludes(role);
    app.add_flag("--server-only", raw.server_only, "--role server: clients never call")
        ->excludes(role)
        ->excludes(client);
    add_list(app, "--seed", raw.seeds, "of all that is random; may come again  [1]")
        ->type_name("NUMBER");
    app.add_option("--volume", raw.size, "how much a rule does")
        ->check(CLI::IsMember({"quick", "full"}))
        ->capture_default_str();
    app.add_option("--faults", raw.faults,
                   "disturb links by this schedule: three bytes for each fault")
        ->check(is_a_schedule())
        ->type_name("HEX");
    app.add_option("--tries", to.chosen.tries,
                   "make a run that fails again, up to so often; passes then: flaky")
        ->check(CLI::Range(1U, 100U))
        ->capture_default_str();
    app.add_option("--time-limit", raw.seconds, "begin no run after so many seconds")
        ->check(CLI::Range(1U, 1000000U))
        ->type_name("SECONDS");
    app.add_option("--run-limit", raw.run_seconds,
                   "a run may take so many seconds  [120, 1200 with --volume full]")
        ->check(CLI::Range(1U, 1000000U))
        ->type_name("SECONDS");
    app.add_option("--failure-limit", raw.failures, "begin no run after so many failures")
        ->check(CLI::Range(1U, 1000000U))
        ->type_name("COUNT");
}

void follow(flags const& raw, command_line& to) {
    for (std::string const& each : raw.shapes) {
        to.chosen.shapes.push_back(shape_named(each).value());
    }
    for (std::string const& each : raw.roles) {
        to.chosen.roles.push_back(each == "client" ? initiator::client : initiator::server);
    }
    if (raw.client_only || raw.server_only) {
        to.chosen.roles = {raw.client_only ? initiator::client : initiator::server};
    }
    if (!raw.seeds.empty()) {
        to.chosen.seeds = raw.seeds;
    }
    to.chosen.size = raw.size == "quick" ? volume::quick : volume::full;
    if (raw.seconds > 0) {
        to.chosen.time = std::chrono::seconds(raw.seconds);
    }
    if (raw.run_seconds > 0) {
        to.chosen.run_time = std::chrono::seconds(raw.run_seconds);
    }
    if (!raw.faults.empty()) {
        to.chosen.disturbed = fault_schedule::from_hex(raw.faults).value();
    }
    if (raw.failures > 0) {
        to.chosen.failures = raw.failures;
    }
    for (std::string const& each : raw.reports) {
        to.reports.push_back(report_wanted(each).value());
    }
}

}  // namespace

boost::system::result<command_line, no_command> read_command_line(
    std::string_view program, std::span<std::string const> arguments, std::span<rule const> rules,
    std::span<subject const> subjects) {
    command_line made;
    flags raw;
    CLI::App app("Runs the rules of conformance on transports.", std::string(program));
    add_choice(app, made, raw, rules, subjects);
    add_list(app, "--report", raw.reports, "write a report; may come again  [text]")
        ->check(is_a_report());
    app.add_option("--known-failures", made.known_failures,
                   "lines RULE TRANSPORT [SHAPE]  # reason: these have to fail")
        ->type_name("FILE");
    app.add_flag("--list", made.list, "tell the chosen rules and transports, and run nothing");
    app.add_flag("--announce", made.announce, "tell each run before it is made");
    app.add_flag("--in-process", made.in_process,
                 "make runs in this process: one that crashes or hangs is the end then");
    app.footer(
        "Ends with 0 when all holds, 1 when not, 2 when the command line makes no sense,\n"
        "3 when nothing was run.");
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
        app.parse(std::move(reversed));
    } catch (CLI::Success const&) {
        return no_command{false, app.help()};
    } catch (CLI::ParseError const& fault) {
        return no_command{true, fault.what()};
    }
    follow(raw, made);
    return made;
}

}  // namespace trunkline::conformance
