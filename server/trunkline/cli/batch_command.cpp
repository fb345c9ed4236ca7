#include <trunkline/cli/batch_command.hpp>

#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/input.hpp>

#include <string_view>
#include <utility>

namespace trunkline::cli {

line_rules rules_of(batch_settings const& settings, key_options const& options) {
    return {options.json()    ? line_form::json
            : settings.is_hex ? line_form::hex
                              : line_form::text,
            settings.files};
}

std::optional<int> read_batch(line_rules const& rules,
                              std::function<std::string(batch_entry)> const& take) {
    std::string all;
    if (auto const failed = read_input(all)) {
        return failed;
    }
    std::string_view rest = all;
    for (std::size_t number = 1; !rest.empty(); ++number) {
        auto const end = rest.find('\n');
        batch_entry entry;
        auto fault = read_line(rules, rest.substr(0, end), entry);
        if (fault.empty()) {
            fault = take(std::move(entry));
        }
        if (!fault.empty()) {
            return complain(exit_usage,
                            "line " + std::to_string(number) + " of the batch: " + fault);
        }
        rest = end == rest.npos ? "" : rest.substr(end + 1);
    }
    return std::nullopt;
}

}  // namespace trunkline::cli
