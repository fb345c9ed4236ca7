// trunkline verify: every checksum, pad and byte of a store file, without changing it.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/store/check.hpp>
#include <trunkline/store/open_report.hpp>

#include <boost/json.hpp>

#include <cstdio>
#include <string>

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

std::string as_json(store::check_report const& report) {
    boost::json::array problems;
    for (store::check_problem const& one : report.problems) {
        problems.push_back(
            {{"kind", name_of(one.kind)}, {"offset", one.offset}, {"size", one.size}});
    }
    boost::json::object const object{{"path", report.path.string()},
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
    return boost::json::serialize(object);
}

}  // namespace

int verify(std::span<char const* const> arguments) {
    std::string file;
    bool json = false;
    config::setting_list settings{{"path", "the store file", config::words{&file, "FILE"}},
                                  {"json", "print one JSON object", config::toggle{&json}}};
    usage const command{"verify", "Checks every checksum, pad and byte of a store file.", "path",
                        false};
    if (auto const done = read_command_line(command, arguments, settings)) {
        return *done;
    }
    if (file.empty()) {
        return complain(exit_usage, "no store file given; write trunkline verify FILE");
    }
    auto const report = store::check_file(file);
    if (!report) {
        store::open_report about;
        about.path = file;
        return complain(exit_store, about.explain(report.error()));
    }
    std::string const text = json ? as_json(*report) : report->to_text();
    bool const printed = std::puts(text.c_str()) >= 0 && std::fflush(stdout) == 0;
    return printed && report->sound() ? exit_success : exit_failure;
}

}  // namespace trunkline::cli
