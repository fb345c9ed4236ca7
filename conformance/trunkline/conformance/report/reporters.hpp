// A report of runs, written for people and for programs.
#pragma once

#include <trunkline/conformance/run/run_report.hpp>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace trunkline::conformance {

/// How a report is written.
enum class report_format : std::uint8_t {
    text,   ///< for people: by family, failures with all that helps, the five numbers at the end
    json,   ///< every record
    junit,  ///< XML as servers of builds read it: a suite for each transport
    html,   ///< one page that needs nothing else
};

/// "text", "json", "junit", "html".
[[nodiscard]] char const* name_of(report_format format) noexcept;
/// None when there is none of that name.
[[nodiscard]] std::optional<report_format> format_named(std::string_view name);

/// Writes the report. What transports and rules said is shown as it is, but for bytes that are not
/// text: those are written out (printable.hpp).
void write_report(report_format format, run_report const& of, std::ostream& to);

/// The formats one by one: what write_report() calls.
void write_text(run_report const& of, std::ostream& to);
void write_json(run_report const& of, std::ostream& to);   ///< one line
void write_junit(run_report const& of, std::ostream& to);  ///< XML 1.0
void write_html(run_report const& of, std::ostream& to);   ///< HTML 5, light and dark

/// "passed 480, failed 3 (2 known), not applicable 20, skipped 0, flaky 2".
[[nodiscard]] std::string numbers_text(totals const& of);
/// "failed in 3 of 12 runs".
[[nodiscard]] std::string runs_text(rule_result const& of);
/// Seconds with three digits behind the point.
[[nodiscard]] std::string seconds_text(std::chrono::nanoseconds span);
/// "Backpressure and flow control" of "FLO"; the family itself when it is not of the catalogue.
[[nodiscard]] std::string_view title_of(std::string_view family) noexcept;

}  // namespace trunkline::conformance
