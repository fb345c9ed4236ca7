#include <trunkline/conformance/run/wanted_report.hpp>

#include <algorithm>
#include <fstream>

namespace trunkline::conformance {

std::optional<wanted_report> report_wanted(std::string_view word) {
    auto const mark = word.find('=');
    auto const format = format_named(word.substr(0, mark));
    if (!format || mark + 1 == word.size()) {
        return std::nullopt;
    }
    return wanted_report{*format, std::string(mark == word.npos ? "" : word.substr(mark + 1))};
}

std::optional<std::string> write_reports(run_report const& of,
                                         std::span<wanted_report const> wanted, std::ostream& out) {
    if (std::ranges::none_of(wanted, [](auto const& each) { return each.file.empty(); })) {
        write_text(of, out);
    }
    std::optional<std::string> unwritten;
    for (wanted_report const& each : wanted) {
        if (each.file.empty()) {
            write_report(each.format, of, out);
            continue;
        }
        std::ofstream file(each.file, std::ios::binary);
        write_report(each.format, of, file);
        if (!file.flush() && !unwritten) {
            unwritten = each.file;
        }
    }
    if (!out.flush() && !unwritten) {
        unwritten = "standard output";
    }
    return unwritten;
}

}  // namespace trunkline::conformance
