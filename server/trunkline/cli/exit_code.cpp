#include <trunkline/cli/exit_code.hpp>

#include <array>

namespace trunkline::cli {

std::span<exit_meaning const> exit_meanings() noexcept {
    static constexpr std::array all{
        exit_meaning{"0", "done, or ended in order"},
        exit_meaning{"1", "failed while running; the line on standard error says how"},
        exit_meaning{"2",
                     "the command line, the configuration file, TRUNKLINE_LOG or a line of a batch "
                     "makes no sense"},
        exit_meaning{"3",
                     "the store cannot be opened: missing folder, not a store, locked, no "
                     "permission"},
        exit_meaning{"4",
                     "an endpoint cannot be listened on: in use, not an address of this "
                     "machine, a file that is no socket"},
        exit_meaning{"5", "of commands about keys: a key is not there"},
        exit_meaning{"6", "the server at the URL cannot be reached"},
        exit_meaning{"130, 143", "ended at once by a second SIGINT, SIGTERM"},
    };
    return all;
}

}  // namespace trunkline::cli
