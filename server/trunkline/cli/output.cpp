#include <trunkline/cli/output.hpp>

#include <cstdio>

namespace trunkline::cli {

void add_output_settings(config::setting_list& list, output_form& form) {
    list.push_back({"format", "for people, or JSON with one object a line",
                    config::choice{&form.format, {"text", "json"}}});
    list.push_back({"json", "the same as --format json", config::toggle{&form.as_json}});
}

bool say(std::string const& line) {
    return write_text(line + "\n");
}

bool write_text(std::string_view text) {
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
           std::fflush(stdout) == 0;
}

}  // namespace trunkline::cli
