// trunkline get: writes the value of a key to standard output.
#include <trunkline/base/limits.hpp>
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/hex.hpp>
#include <trunkline/cli/key_command.hpp>
#include <trunkline/cli/progress_bar.hpp>

#include <boost/json.hpp>

#include <unistd.h>

#include <algorithm>

namespace trunkline::cli {
namespace {

bool write_out(bytes_view value, key_options const& options) {
    if (options.json()) {
        return say(serialize(boost::json::object{{"key", to_hex(as_bytes(options.key))},
                                                 {"bytes", value.size()},
                                                 {"value", to_hex(value)}}));
    }
    bool const is_read_here = ::isatty(STDOUT_FILENO) == 1;
    progress_bar bar(options.shows_progress && !is_read_here, "writing", value.size());
    std::size_t done = 0;
    while (done < value.size()) {
        auto const part = value.subspan(done, std::min(chunk_size, value.size() - done));
        if (!write_text(as_text(part))) {
            return false;
        }
        done += part.size();
        bar.show(done);
    }
    return true;
}

int act(named_store& from, key_options const& options) {
    bool is_there = false;
    bool is_written = false;
    auto const key = as_bytes(options.key);
    auto const found = from.get({&key, 1}, [&](std::size_t, std::optional<bytes_view> value) {
        is_there = value.has_value();
        return is_written = is_there && write_out(*value, options);
    });
    if (!found) {
        return complain_about(found.error());
    }
    if (!is_there) {
        return complain(exit_absent, "the key is not there");
    }
    return is_written ? exit_success : complain(exit_failure, "the value could not be written");
}

}  // namespace

command get() {
    return make_command({.name = "get",
                         .summary = "Writes the value of a key to standard output.",
                         .moves_value = true,
                         .act = act});
}

}  // namespace trunkline::cli
