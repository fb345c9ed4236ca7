// trunkline exists: tells by its exit code whether a key is there.
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/file_command.hpp>
#include <trunkline/cli/key_command.hpp>

#include <boost/json.hpp>

namespace trunkline::cli {
namespace {

int act(named_store& in, key_options const& options) {
    auto const found = in.exists(options.key);
    if (!found) {
        return complain_about(found.error());
    }
    if (options.json() &&
        !say(serialize(boost::json::object{{"key", to_hex(options.key)}, {"exists", *found}}))) {
        return exit_failure;
    }
    return *found ? exit_success : exit_absent;
}

}  // namespace

int exists(std::span<char const* const> arguments) {
    return run_key_command(
        {"exists", "Tells by its exit code whether a key is there.", true, file_use::read, act},
        arguments);
}

}  // namespace trunkline::cli
