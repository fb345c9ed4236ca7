// A whole program that holds transports to the rules:
//
//     int main(int count, char** arguments) {
//         return trunkline::conformance::run_main(count, arguments, {my_transport()});
//     }
#pragma once

#include <trunkline/conformance/subject.hpp>

#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace trunkline::conformance {

/// What a program ends with (docs/conformance.md, "Exit codes").
enum main_exit : int {
    exit_holds = 0,
    exit_broken = 1,  ///< a rule is broken, or a known failure does not fail
    exit_usage = 2,   ///< the command line or the list of known failures makes no sense
    exit_nothing = 3  ///< no rule came to run: not applicable, or nothing was left of the choice
};

/// Reads the command line (--help tells it), runs the rules and writes the reports. Returns what
/// main() returns.
[[nodiscard]] int run_main(int count, char const* const* arguments,
                           std::vector<subject> const& subjects);

/// Likewise with other places to print to; arguments[0] is the program.
[[nodiscard]] int run_main(std::span<std::string const> arguments,
                           std::vector<subject> const& subjects, std::ostream& out,
                           std::ostream& err);

}  // namespace trunkline::conformance
