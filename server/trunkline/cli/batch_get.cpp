// trunkline batch-get: writes keys and their values as lines.
#include <trunkline/cli/batch_command.hpp>
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/key_text.hpp>

#include <memory>
#include <vector>

namespace trunkline::cli {
namespace {

struct batch : batch_settings {
    std::vector<std::string> arguments;
    std::vector<std::string> keys;
};

std::string add_line(batch& to, batch_entry entry) {
    bool const is_key_alone = !entry.value;
    to.keys.push_back(std::move(entry.key));
    return is_key_alone ? "" : "a value behind the key; write the key alone";
}

std::optional<int> read_keys(batch& to, key_options const& options) {
    auto const rules = rules_of(to, options);
    if (to.arguments.empty()) {
        bool const is_json = rules.form == line_form::json;  // as batch-get writes it: with values
        return read_batch(rules, [&to, is_json](batch_entry entry) {
            if (is_json) {
                entry.value.reset();
            }
            return add_line(to, std::move(entry));
        });
    }
    for (std::string const& each : to.arguments) {
        if (auto const fault = read_key(each, to.is_hex, to.keys.emplace_back()); !fault.empty()) {
            return complain(exit_usage, fault);
        }
    }
    return std::nullopt;
}

int act(batch const& wanted, named_store& from, key_options const& options) {
    auto const form = rules_of(wanted, options).form;
    std::vector<bytes_view> keys;
    keys.reserve(wanted.keys.size());
    for (std::string const& each : wanted.keys) {
        keys.push_back(as_bytes(each));
    }
    std::size_t absent = 0;
    bool written = true;
    auto const done = from.get(keys, [&](std::size_t index, std::optional<bytes_view> value) {
        absent += value ? 0 : 1;
        return written = say(line_of(form, keys[index], value));
    });
    if (!done) {
        return complain_about(done.error());
    }
    if (!written) {
        return complain(exit_failure, "the values could not be written");
    }
    return absent == 0
               ? exit_success
               : complain(exit_absent, std::to_string(absent) + " of " +
                                           std::to_string(keys.size()) + " keys are not there");
}

constexpr std::string_view details =
    "Without a KEY the keys are the lines of standard input. Writes one line for each key, in "
    "their "
    "order: KEY, TAB, VALUE as batch-put reads them; of a key that is not there KEY alone. With "
    "--hex "
    "keys and values are rows of hexadecimal bytes, with --json lines are objects with \"key\", "
    "\"bytes\" and \"value\", which is null where the key is not there. When some are not there "
    "the exit code is 5.\n\n"
    "From a server, values that do not fit into one message together come in several; each must "
    "fit "
    "into one of 16 MiB.";

}  // namespace

command batch_get() {
    auto const given = std::make_shared<batch>();
    return make_command(
        {.name = "batch-get",
         .summary = "Writes keys and their values, one line for each.",
         .takes_key = false,
         .act = [given](named_store& from,
                        key_options const& options) { return act(*given, from, options); },
         .prepare = [given](key_options const& options) { return read_keys(*given, options); },
         .more = {{"key", "a key: text, or @FILE for the bytes of a file; may be given often",
                   config::word_list{&given->arguments, "KEY"}},
                  {"hex", "keys and values are hexadecimal bytes", config::toggle{&given->is_hex}}},
         .positional = "key",
         .details = details});
}

}  // namespace trunkline::cli
