// trunkline del: deletes a key.
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/key_command.hpp>

namespace trunkline::cli {
namespace {

int act(named_store& in, key_options const& options) {
    return end_write(in.del(as_bytes(options.key)), options);
}

}  // namespace

command del() {
    return make_command({.name = "del",
                         .summary = "Deletes a key; one that is not there is no error.",
                         .use = file_use::write,
                         .act = act});
}

}  // namespace trunkline::cli
