// What a person asks of the kit on a command line.
#pragma once

#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/run/selection.hpp>
#include <trunkline/conformance/run/wanted_report.hpp>
#include <trunkline/conformance/subject.hpp>

#include <boost/system/result.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conformance {

/// A command line that makes sense. A value.
struct command_line {
    selection chosen;
    std::vector<wanted_report> reports;
    std::string known_failures;  ///< a file; empty: none
    bool list = false;           ///< tell the rules and transports, run nothing
    bool announce = false;       ///< tell each run before it is made
    bool in_process = false;     ///< make runs in this process, not in one of their own
};

/// Why there is nothing to run: the flags were asked for, or the command line makes no sense.
struct no_command {
    bool is_fault = false;
    std::string text;  ///< what the person is told, without a line end
};

/// Reads the arguments behind the program's name, for these rules and transports.
[[nodiscard]] boost::system::result<command_line, no_command> read_command_line(
    std::string_view program, std::span<std::string const> arguments, std::span<rule const> rules,
    std::span<subject const> subjects);

}  // namespace trunkline::conformance
