// trunkline verify: every checksum, pad and byte of a store file, without changing it.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/file_command.hpp>
#include <trunkline/cli/report_json.hpp>
#include <trunkline/store/check.hpp>

namespace trunkline::cli {

namespace {

int act(file_options const& options) {
    store::open_report opening;
    auto const report =
        store::check_file(options.file, options.alignment(), store::system_disk(), &opening);
    if (!report) {
        return complain(exit_store, opening.explain(report.error()));
    }
    bool const said = say(options.json() ? serialize(as_json(*report)) : report->to_text());
    return said && report->sound() ? exit_success : exit_failure;
}

}  // namespace

command verify() {
    return file_command("verify", "Checks every checksum, pad and byte of a store file.", act);
}

}  // namespace trunkline::cli
