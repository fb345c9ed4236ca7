// trunkline stat: what is in a store file and what compacting it would save, or what a server tells
// of its store.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/file_command.hpp>
#include <trunkline/cli/key_command.hpp>
#include <trunkline/cli/named_store.hpp>
#include <trunkline/cli/report_json.hpp>
#include <trunkline/store/stat.hpp>

#include <memory>

namespace trunkline::cli {
namespace {

struct stat_options {
    file_options file;
    store_place place;
};

int stat_file(file_options const& options) {
    store::open_report opening;
    auto const found =
        store::stat_file(options.file, options.alignment(), store::system_disk(), &opening);
    if (!found) {
        return complain(exit_store, opening.explain(found.error()));
    }
    bool const said = say(options.json() ? serialize(as_json(*found)) : found->to_text());
    return said ? exit_success : exit_failure;
}

std::string told(std::string const& url, store_numbers const& of, bool as_json) {
    if (as_json) {
        return serialize(boost::json::object{{"url", url},
                                             {"live_keys", of.live_keys},
                                             {"size", of.size},
                                             {"is_empty", of.is_empty}});
    }
    return url + "\n  size                    " + std::to_string(of.size) +
           "\n  live keys               " + std::to_string(of.live_keys) +
           "\n  empty                   " + (of.is_empty ? "yes" : "no");
}

int stat_server(stat_options const& options) {
    auto const opened = open_store(options.place, file_use::read);
    if (!opened) {
        return complain(exit_connect, opened.error().message);
    }
    auto const numbers = (*opened)->numbers();
    if (!numbers) {
        return complain_about(numbers.error());
    }
    bool const said = say(told(options.place.url, *numbers, options.file.json()));
    return said ? exit_success : exit_failure;
}

int act(stat_options const& options) {
    if (options.file.file.empty() == options.place.url.empty()) {
        return complain(exit_usage,
                        "say which store: write trunkline stat FILE or trunkline stat --url URL");
    }
    return options.place.url.empty() ? stat_file(options.file) : stat_server(options);
}

}  // namespace

command stat() {
    auto const options = std::make_shared<stat_options>();
    auto settings = file_settings(options->file);
    add_url_settings(settings, options->place);
    return {
        {"stat", "Counts entries and bytes of a store file, or of a store that is served.", "file"},
        std::move(settings),
        [options](std::span<config::setting>) { return act(*options); }};
}

}  // namespace trunkline::cli
