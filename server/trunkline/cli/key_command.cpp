#include <trunkline/cli/key_command.hpp>

#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/hex.hpp>
#include <trunkline/cli/key_text.hpp>
#include <trunkline/cli/progress_bar.hpp>

#include <boost/json.hpp>

#include <memory>
#include <utility>

namespace trunkline::cli {
namespace {

struct given {
    key_options options;
    std::string key;
    bool is_hex = false;
    bool no_progress = false;
    bool quiet = false;
};

/// A complaint, empty when all is set.
std::string read_options(key_command const& command, given& from) {
    if (auto fault = from.options.place.fault(); !fault.empty()) {
        return fault;
    }
    if (!command.takes_key) {
        return {};
    }
    return from.key.empty() ? "no key given; write trunkline " + std::string(command.name) + " KEY"
                            : read_key(from.key, from.is_hex, from.options.key);
}

int run(key_command const& command, given& from) {
    if (auto const fault = read_options(command, from); !fault.empty()) {
        return complain(exit_usage, fault);
    }
    from.options.shows_progress =
        command.moves_value && !from.no_progress && !from.quiet && is_shown_to_a_person();
    key_options const& options = from.options;
    if (auto const done = command.prepare ? command.prepare(options) : std::nullopt) {
        return *done;
    }
    auto const opened = open_store(options.place, command.use, options.shows_progress);
    if (!opened) {
        return complain(options.place.is_file() ? exit_store : exit_connect,
                        opened.error().message);
    }
    return command.act(**opened, options);
}

}  // namespace

command make_command(key_command of) {
    auto const from = std::make_shared<given>();
    config::setting_list settings;
    add_place_settings(settings, from->options.place);
    add_output_settings(settings, from->options.form);
    if (of.takes_key) {
        settings.push_back({"key", "the key: text, or @FILE for the bytes of a file",
                            config::words{&from->key, "KEY"}});
        settings.push_back(
            {"hex", "the key is given as hexadecimal bytes", config::toggle{&from->is_hex}});
    }
    if (of.moves_value) {
        settings.push_back({"no-progress", "no bar on a terminal for large values",
                            config::toggle{&from->no_progress}});
        settings.push_back(
            {"quiet", "nothing on standard error but complaints", config::toggle{&from->quiet}});
    }
    settings.insert(settings.end(), of.more.begin(), of.more.end());
    usage const called{of.name, of.summary, of.positional, false, of.details};
    return {called, std::move(settings),
            [from, of = std::move(of)](std::span<config::setting>) { return run(of, *from); }};
}

int complain_about(call_failure const& why) {
    return complain(exit_failure, why.message.empty() ? why.error.message() : why.message);
}

int end_write(call_result<std::uint64_t> const& tail, key_options const& options) {
    if (!tail) {
        return complain_about(tail.error());
    }
    if (!options.json()) {
        return exit_success;
    }
    boost::json::object const told{{"key", to_hex(as_bytes(options.key))}, {"tail", *tail}};
    return say(serialize(told)) ? exit_success : exit_failure;
}

}  // namespace trunkline::cli
