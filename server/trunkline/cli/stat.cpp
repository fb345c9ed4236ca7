// trunkline stat: what is in a store file, and what compacting it would save.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/file_command.hpp>
#include <trunkline/cli/report_json.hpp>
#include <trunkline/store/stat.hpp>

namespace trunkline::cli {

int stat(std::span<char const* const> arguments) {
    file_options options;
    if (auto const done = read_file_options(
            "stat", "Counts entries and bytes of a store file by their use.", arguments, options)) {
        return *done;
    }
    store::open_report opening;
    auto const found =
        store::stat_file(options.file, options.alignment, store::system_disk(), &opening);
    if (!found) {
        return complain(exit_store, opening.explain(found.error()));
    }
    bool const said = say(options.json() ? serialize(as_json(*found)) : found->to_text());
    return said ? exit_success : exit_failure;
}

}  // namespace trunkline::cli
