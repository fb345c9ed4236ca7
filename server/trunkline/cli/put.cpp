// trunkline put: stores what comes on standard input under a key.
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/input.hpp>
#include <trunkline/cli/key_command.hpp>

#include <memory>
#include <string>

namespace trunkline::cli {

command put() {
    auto const value = std::make_shared<std::string>();
    return make_command({.name = "put",
                         .summary = "Stores what comes on standard input under a key.",
                         .moves_value = true,
                         .use = file_use::write,
                         .act =
                             [value](named_store& to, key_options const& options) {
                                 store::key_value const entry{as_bytes(options.key),
                                                              as_bytes(*value)};
                                 return end_write(to.put({&entry, 1}), options);
                             },
                         .prepare =
                             [value](key_options const& options) {
                                 return read_input(*value, options.shows_progress);
                             }});
}

}  // namespace trunkline::cli
