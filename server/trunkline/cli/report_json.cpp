#include <trunkline/cli/report_json.hpp>

#include <string_view>

namespace trunkline::cli {
namespace {

std::string_view name_of(store::problem_kind kind) {
    switch (kind) {
        case store::problem_kind::checksum:
            return "checksum";
        case store::problem_kind::pad:
            return "pad";
        case store::problem_kind::bytes_after_tail:
            break;
    }
    return "bytes_after_tail";
}

}  // namespace

boost::json::object as_json(store::open_report const& report) {
    return {{"path", report.path.string()},
            {"created", report.created},
            {"read_only", report.read_only},
            {"alignment", report.alignment_found},
            {"size_found", report.size_found},
            {"tail_kept", report.tail_kept},
            {"entries_kept", report.entries_kept},
            {"live_keys", report.live_keys},
            {"bytes_cut", report.cut_file.empty() ? 0 : report.size_found - report.tail_kept},
            {"cut_file", report.cut_file.empty() ? boost::json::value()
                                                 : boost::json::value(report.cut_file.string())}};
}

boost::json::object as_json(store::check_report const& report) {
    boost::json::array problems;
    for (store::check_problem const& one : report.problems) {
        problems.push_back(
            {{"kind", name_of(one.kind)}, {"offset", one.offset}, {"size", one.size}});
    }
    return {{"path", report.path.string()},
            {"sound", report.sound()},
            {"alignment", report.alignment},
            {"size", report.size},
            {"tail", report.tail},
            {"entries", report.entries},
            {"tombstones", report.tombstones},
            {"live_keys", report.live_keys},
            {"live_bytes", report.live_bytes},
            {"problems_found", report.problems_found},
            {"problems", problems}};
}

boost::json::object as_json(store::file_stat const& stat) {
    return {{"path", stat.path.string()},
            {"alignment", stat.alignment},
            {"size", stat.size},
            {"entries", stat.entries},
            {"live_keys", stat.live_keys},
            {"is_empty", stat.live_keys == 0},
            {"overwritten", stat.overwritten},
            {"tombstones", stat.tombstones},
            {"live_bytes", stat.live_bytes},
            {"trailer_bytes", stat.trailer_bytes},
            {"pad_bytes", stat.pad_bytes},
            {"dead_bytes", stat.dead_bytes},
            {"passed_over", stat.passed_over},
            {"size_compacted", stat.size_compacted},
            {"savings", stat.savings()},
            {"index_bytes", stat.index_bytes},
            {"index_bytes_per_key", stat.index_bytes_per_key()}};
}

}  // namespace trunkline::cli
