// trunkline exists: tells by its exit code whether a key is there.
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/hex.hpp>
#include <trunkline/cli/key_command.hpp>

#include <boost/json.hpp>

namespace trunkline::cli {
namespace {

int act(named_store& in, key_options const& options) {
    auto const key = as_bytes(options.key);
    auto const found = in.exists(key);
    if (!found) {
        return complain_about(found.error());
    }
    if (options.json() &&
        !say(serialize(boost::json::object{{"key", to_hex(key)}, {"exists", *found}}))) {
        return exit_failure;
    }
    return *found ? exit_success : exit_absent;
}

}  // namespace

command exists() {
    return make_command({.name = "exists",
                         .summary = "Tells by its exit code whether a key is there.",
                         .act = act});
}

}  // namespace trunkline::cli
