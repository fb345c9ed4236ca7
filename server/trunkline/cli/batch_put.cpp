// trunkline batch-put: stores the entries that come as lines on standard input, all or nothing.
#include <trunkline/cli/batch_command.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>

#include <boost/json.hpp>

#include <memory>
#include <vector>

namespace trunkline::cli {
namespace {

struct batch : batch_settings {
    std::vector<batch_entry> entries;
};

std::string add(batch& to, batch_entry entry) {
    if (!entry.value) {
        return "a key without a value; write KEY, TAB, VALUE";
    }
    if (entry.value->empty() || *entry.value == std::string_view("\0", 1)) {
        return "a store keeps no empty value and no single zero byte";
    }
    to.entries.push_back(std::move(entry));
    return {};
}

int act(batch const& from, named_store& to, key_options const& options) {
    std::vector<store::key_value> entries;
    entries.reserve(from.entries.size());
    for (batch_entry const& each : from.entries) {
        entries.push_back({as_bytes(each.key), as_bytes(*each.value)});
    }
    auto const tail = to.put(entries);
    if (!tail) {
        return complain_about(tail.error());
    }
    boost::json::object const told{{"entries", entries.size()}, {"tail", *tail}};
    return !options.json() || say(serialize(told)) ? exit_success : exit_failure;
}

constexpr std::string_view details =
    "Each line of standard input is KEY, TAB, VALUE. In both, \\t, \\n, \\r, \\\\ and \\xHH stand "
    "for "
    "a TAB, the end of a line, a carriage return, a backslash and any byte. With --hex both are "
    "rows "
    "of hexadecimal bytes; with --json a line is an object with \"key\" and \"value\" as such "
    "rows. "
    "With --files a KEY or VALUE of the form @FILE stands for the bytes of that file.\n\n"
    "All entries are stored, or none; of equal keys the last one counts. A batch for a server must "
    "fit into one message of 16 MiB: a larger one is refused and nothing is stored.";

}  // namespace

command batch_put() {
    auto const given = std::make_shared<batch>();
    return make_command(
        {.name = "batch-put",
         .summary = "Stores the keys and values of standard input, all or none.",
         .takes_key = false,
         .use = file_use::write,
         .act = [given](named_store& to,
                        key_options const& options) { return act(*given, to, options); },
         .prepare =
             [given](key_options const& options) {
                 return read_batch(rules_of(*given, options), [&](batch_entry entry) {
                     return add(*given, std::move(entry));
                 });
             },
         .more = {{"hex", "keys and values are hexadecimal bytes", config::toggle{&given->is_hex}},
                  {"files", "@FILE in place of a key or value means the bytes of that file",
                   config::toggle{&given->files}}},
         .positional = "",
         .details = details});
}

}  // namespace trunkline::cli
