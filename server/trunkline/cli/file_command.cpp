#include <trunkline/cli/file_command.hpp>

#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/serve/alignment_setting.hpp>

#include <cstdio>

namespace trunkline::cli {

std::optional<int> read_file_options(std::string_view command, std::string_view summary,
                                     std::span<char const* const> arguments,
                                     file_options& options) {
    std::string alignment = server::alignment_by_default;
    config::setting_list settings{{"path", "the store file", config::words{&options.file, "FILE"}},
                                  server::alignment_setting(alignment),
                                  {"format", "lines for people or one JSON object",
                                   config::choice{&options.format, {"text", "json"}}}};
    usage const of{command, summary, "path", false};
    if (auto const done = read_command_line(of, arguments, settings)) {
        return done;
    }
    if (options.file.empty()) {
        return complain(exit_usage,
                        "no store file given; write trunkline " + std::string(command) + " FILE");
    }
    options.alignment = server::alignment_of(alignment);
    return std::nullopt;
}

bool say(std::string const& line) {
    return std::puts(line.c_str()) >= 0 && std::fflush(stdout) == 0;
}

}  // namespace trunkline::cli
