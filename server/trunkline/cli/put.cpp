// trunkline put: stores what comes on standard input under a key.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/key_command.hpp>

#include <cstdio>
#include <string>

namespace trunkline::cli {
namespace {

/// All of standard input; false when it cannot be read.
bool read_input(std::string& all) {
    std::string part(64 * 1024, '\0');
    std::size_t size = 0;
    while ((size = std::fread(part.data(), 1, part.size(), stdin)) > 0) {
        all.append(part, 0, size);
    }
    return std::ferror(stdin) == 0;
}

int act(named_store& to, key_options const& options) {
    std::string value;
    if (!read_input(value)) {
        return complain(exit_failure, "standard input cannot be read");
    }
    return end_write(to.put(options.key, as_bytes(value)), options);
}

}  // namespace

int put(std::span<char const* const> arguments) {
    return run_key_command(
        {"put", "Stores what comes on standard input under a key.", true, file_use::write, act},
        arguments);
}

}  // namespace trunkline::cli
