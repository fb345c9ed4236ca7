// Reports as a command line asks for them: FORMAT, or FORMAT=FILE.
#pragma once

#include <trunkline/conformance/report/reporters.hpp>
#include <trunkline/conformance/run/run_report.hpp>

#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

namespace trunkline::conformance {

/// A report that is asked for. A value.
struct wanted_report {
    report_format format = report_format::text;
    std::string file;  ///< empty: where a program prints
};

/// "json" or "junit=out.xml"; none when it is neither.
[[nodiscard]] std::optional<wanted_report> report_wanted(std::string_view word);

/// Writes them all, and text to `out` unless another one goes there. Returns the first file that
/// cannot be written, "standard output" where `out` fails, and nothing when all are written.
[[nodiscard]] std::optional<std::string> write_reports(run_report const& of,
                                                       std::span<wanted_report const> wanted,
                                                       std::ostream& out);

}  // namespace trunkline::conformance
