#include <trunkline/cli/log_settings.hpp>

#include <vector>

namespace trunkline::cli {

void add_log_settings(config::setting_list& list, log_options& options) {
    list.push_back({"log-level",
                    "how much is told on standard error; TRUNKLINE_LOG sets modules apart",
                    config::choice{&options.level,
                                   {logging::level_names.begin(), logging::level_names.end()}}});
    list.push_back({"log-format", "log lines for people or one JSON object each",
                    config::choice{&options.format, {"text", "json"}}});
}

logging::level_table log_levels(log_options const& options, std::span<config::setting> settings,
                                char const* variable, std::string& fault) {
    logging::level_table levels(*logging::level_named(options.level));
    if (variable != nullptr) {
        bool const given = config::find(settings, "log-level")->from == config::origin::flag;
        std::string const refused = levels.follow(variable, given);
        if (!refused.empty()) {
            fault = "TRUNKLINE_LOG: " + refused;
        }
    }
    return levels;
}

}  // namespace trunkline::cli
