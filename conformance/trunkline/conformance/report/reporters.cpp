#include <trunkline/conformance/report/reporters.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace trunkline::conformance {
namespace {

struct reporter {
    report_format format;
    char const* name;
    void (*write)(run_report const&, std::ostream&);
};

constexpr std::array all_reporters{
    reporter{report_format::text, "text", &write_text},
    reporter{report_format::json, "json", &write_json},
    reporter{report_format::junit, "junit", &write_junit},
    reporter{report_format::html, "html", &write_html},
};

reporter const& reporter_of(report_format format) noexcept {
    return all_reporters.at(static_cast<std::size_t>(format));
}

}  // namespace

char const* name_of(report_format format) noexcept {
    return reporter_of(format).name;
}

std::optional<report_format> format_named(std::string_view name) {
    for (reporter const& each : all_reporters) {
        if (name == each.name) {
            return each.format;
        }
    }
    return std::nullopt;
}

void write_report(report_format format, run_report const& of, std::ostream& to) {
    reporter_of(format).write(of, to);
}

std::string numbers_text(totals const& of) {
    std::string text =
        "passed " + std::to_string(of.passed) + ", failed " + std::to_string(of.failed);
    if (of.known > 0 || of.should > 0) {
        std::string const known = of.known > 0 ? std::to_string(of.known) + " known" : "";
        std::string const should =
            of.should > 0 ? std::to_string(of.should) + " only should hold" : "";
        text += " (" + known + (known.empty() || should.empty() ? "" : ", ") + should + ")";
    }
    return text + ", not applicable " + std::to_string(of.not_applicable) + ", skipped " +
           std::to_string(of.skipped) + ", flaky " + std::to_string(of.flaky);
}

std::string runs_text(rule_result const& of) {
    return std::string(name_of(of.came)) + " in " + std::to_string(of.alike) + " of " +
           std::to_string(of.runs.size()) + (of.runs.size() == 1 ? " run" : " runs");
}

std::string seconds_text(std::chrono::nanoseconds span) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f", std::chrono::duration<double>(span).count());
    return text.data();
}

std::string_view title_of(std::string_view family) noexcept {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 21> titles{
        {{"EST", "Establishment"},
         {"INT", "Data integrity"},
         {"DLV", "Delivery shape"},
         {"CLS", "Close and half-close"},
         {"STA", "Connection state"},
         {"MUX", "Streams, ids and dispatch"},
         {"FLO", "Backpressure and flow control"},
         {"CAN", "Cancellation"},
         {"DDL", "Deadlines"},
         {"BID", "Two-way use"},
         {"REC", "Reconnect"},
         {"RES", "Resource release"},
         {"FLT", "Faults"},
         {"MAL", "Malformed input"},
         {"LIM", "Limits"},
         {"LIV", "Liveness"},
         {"SHD", "Shutdown and drain"},
         {"THR", "Threads and re-entry"},
         {"ERR", "Errors"},
         {"OBS", "Observation"},
         {"SEC", "Security binding"}}};
    auto const* const found =
        std::ranges::find(titles, family, &std::pair<std::string_view, std::string_view>::first);
    return found == titles.end() ? family : found->second;
}

}  // namespace trunkline::conformance
