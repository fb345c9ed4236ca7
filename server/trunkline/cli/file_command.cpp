#include <trunkline/cli/file_command.hpp>

#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/serve/alignment_setting.hpp>

#include <memory>
#include <utility>

namespace trunkline::cli {

std::optional<std::uint32_t> file_options::alignment() const {
    return server::alignment_of(alignment_text);
}

config::setting_list file_settings(file_options& options) {
    options.alignment_text = server::alignment_by_default;
    config::setting_list settings{{"file", "the store file", config::words{&options.file, "FILE"}},
                                  server::alignment_setting(options.alignment_text)};
    add_output_settings(settings, options.form);
    return settings;
}

command file_command(std::string_view name, std::string_view summary,
                     std::function<int(file_options const&)> act) {
    auto const options = std::make_shared<file_options>();
    return {{name, summary, "file"},
            file_settings(*options),
            [options, name, act = std::move(act)](std::span<config::setting>) {
                return options->file.empty()
                           ? complain(exit_usage, "no store file given; write trunkline " +
                                                      std::string(name) + " FILE")
                           : act(*options);
            }};
}

}  // namespace trunkline::cli
