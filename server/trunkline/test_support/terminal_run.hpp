// Runs a program whose standard error is a terminal, as that of a person is.
#pragma once

#include <trunkline/test_support/child_process.hpp>

#include <string>
#include <vector>

namespace trunkline::test_support {

/// Files for the standard streams; an empty name is nothing for the input, the terminal for the
/// output.
struct redirected {
    std::string input;
    std::string output;
};

/// Runs to its end; `error` is all that the terminal of 80 columns was sent, with its line ends as
/// terminals have them, "\r\n". Throws when nothing comes for too long.
[[nodiscard]] finished run_on_terminal(std::vector<std::string> const& command,
                                       redirected const& to = {});

}  // namespace trunkline::test_support
