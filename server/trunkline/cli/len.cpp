// trunkline len: how many keys a store has.
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/key_command.hpp>

#include <boost/json.hpp>

#include <string>

namespace trunkline::cli {
namespace {

int act(named_store& in, key_options const& options) {
    auto const count = in.len();
    if (!count) {
        return complain_about(count.error());
    }
    auto const line = options.json() ? serialize(boost::json::object{{"live_keys", *count}})
                                     : std::to_string(*count);
    return say(line) ? exit_success : exit_failure;
}

}  // namespace

command len() {
    return make_command({.name = "len",
                         .summary = "Counts the live keys of a store.",
                         .takes_key = false,
                         .act = act});
}

}  // namespace trunkline::cli
