// trunkline del: deletes a key.
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/key_command.hpp>

namespace trunkline::cli {
namespace {

int act(named_store& in, key_options const& options) {
    return end_write(in.del(options.key), options);
}

}  // namespace

int del(std::span<char const* const> arguments) {
    return run_key_command(
        {"del", "Deletes a key; one that is not there is no error.", true, file_use::write, act},
        arguments);
}

}  // namespace trunkline::cli
