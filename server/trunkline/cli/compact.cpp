// trunkline compact: replaces a store file by one with its live entries alone.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/file_command.hpp>
#include <trunkline/cli/report_json.hpp>
#include <trunkline/store/error.hpp>
#include <trunkline/store/store.hpp>

namespace trunkline::cli {
namespace {

std::string explain(file_options const& options, error_code why) {
    if (why == store::store_error::damaged) {
        return options.file +
               " holds a value that does not match its checksum. Nothing was compacted; see "
               "trunkline verify FILE.";
    }
    return "cannot compact " + options.file + ": " + why.message() + "; it has its old content.";
}

std::string told(file_options const& options, store::open_report const& opened,
                 std::uint64_t size_after) {
    if (options.json()) {
        return serialize(boost::json::object{{"path", options.file},
                                             {"size_before", opened.tail_kept},
                                             {"size_after", size_after},
                                             {"live_keys", opened.live_keys},
                                             {"opened", as_json(opened)}});
    }
    return "compacted " + options.file + ": " + std::to_string(opened.tail_kept) +
           " bytes before, " + std::to_string(size_after) + " after";
}

int act(file_options const& options) {
    store::open_report report;
    auto const opened = store::store::open(
        options.file, {.alignment = options.alignment(), .create = false}, &report);
    if (!opened) {
        return complain(exit_store, report.explain(opened.error()));
    }
    bool said = options.json() || say(report.to_text());
    if (auto const compacted = (*opened)->compact(); !compacted) {
        return complain(exit_failure, explain(options, compacted.error()));
    }
    said = say(told(options, report, (*opened)->file_size())) && said;
    return said ? exit_success : exit_failure;
}

}  // namespace

command compact() {
    return file_command("compact", "Replaces a store file by one with its live entries alone.",
                        act);
}

}  // namespace trunkline::cli
