// What the program's exit status tells (docs/serve.md, "Exit codes").
#pragma once

#include <span>
#include <string_view>

namespace trunkline::cli {

enum exit_code : int {
    exit_success = 0,  ///< done, or stopped in order
    exit_failure = 1,  ///< failed while running
    exit_usage = 2,    ///< the command line, the configuration or the input makes no sense
    exit_store = 3,    ///< the store cannot be opened
    exit_listen = 4,   ///< the address cannot be listened on
    exit_absent = 5,   ///< a key is not there
    exit_connect = 6,  ///< the server cannot be reached
    exit_signal = 128  ///< plus the signal's number: ended at once by a second signal
};

/// A row of the table of exit codes.
struct exit_meaning {
    std::string_view codes;
    std::string_view meaning;
};

[[nodiscard]] std::span<exit_meaning const> exit_meanings() noexcept;

}  // namespace trunkline::cli
