// trunkline get: writes the value of a key to standard output.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/file_command.hpp>
#include <trunkline/cli/key_command.hpp>

#include <boost/json.hpp>

#include <cstdio>

namespace trunkline::cli {
namespace {

int act(named_store& from, key_options const& options) {
    bool written = false;
    auto const found = from.get(options.key, [&](bytes_view value) {
        if (options.json()) {
            written = say(serialize(boost::json::object{
                {"key", to_hex(options.key)}, {"bytes", value.size()}, {"value", to_hex(value)}}));
        } else {
            written = std::fwrite(value.data(), 1, value.size(), stdout) == value.size() &&
                      std::fflush(stdout) == 0;
        }
    });
    if (!found) {
        return complain_about(found.error());
    }
    if (!*found) {
        return complain(exit_absent, "the key is not there");
    }
    return written ? exit_success : complain(exit_failure, "the value could not be written");
}

}  // namespace

int get(std::span<char const* const> arguments) {
    return run_key_command(
        {"get", "Writes the value of a key to standard output.", true, file_use::read, act},
        arguments);
}

}  // namespace trunkline::cli
