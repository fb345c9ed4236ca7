// trunkline del: deletes a key.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/file_command.hpp>
#include <trunkline/cli/key_command.hpp>

#include <boost/json.hpp>

namespace trunkline::cli {
namespace {

int act(named_store& in, key_options const& options) {
    auto const tail = in.del(options.key);
    if (!tail) {
        return complain_about(tail.error());
    }
    if (!options.json()) {
        return exit_success;
    }
    return say(serialize(boost::json::object{{"key", to_hex(options.key)}, {"tail", *tail}}))
               ? exit_success
               : exit_failure;
}

}  // namespace

int del(std::span<char const* const> arguments) {
    return run_key_command(
        {"del", "Deletes a key; one that is not there is no error.", true, file_use::write, act},
        arguments);
}

}  // namespace trunkline::cli
