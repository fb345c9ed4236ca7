// Runs a program at a terminal, as a person does.
#pragma once

#include <trunkline/test_support/child_process.hpp>

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace trunkline::test_support {

/// Files for the standard streams; an empty name is nothing for the input, the terminal for the
/// output.
struct redirected {
    std::string input;
    std::string output;
};

/// With standard error at the terminal. Runs to its end; `error` is all that the terminal of 80
/// columns was sent, with its line ends as terminals have them, "\r\n". Throws when nothing comes
/// for too long.
[[nodiscard]] finished run_on_terminal(std::vector<std::string> const& command,
                                       redirected const& to = {});

/// A program with all of its standard streams at one terminal of 80 columns, an xterm, and a person
/// who types and reads there. Destroying it kills the program.
class terminal_session {
public:
    explicit terminal_session(std::vector<std::string> const& command);
    ~terminal_session();
    terminal_session(terminal_session const&) = delete;
    terminal_session& operator=(terminal_session const&) = delete;

    void type(std::string_view keys) const;

    /// What came behind what was given before, up to `text` and with it. Throws when nothing comes
    /// for too long, or the program has ended.
    [[nodiscard]] std::string read_until(std::string_view text);

    /// Waits for the end of the program, which is to end by itself.
    [[nodiscard]] int wait();

private:
    int terminal_ = -1;
    pid_t id_ = -1;
    std::string unread_;
};

}  // namespace trunkline::test_support
