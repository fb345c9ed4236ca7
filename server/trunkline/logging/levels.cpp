#include <trunkline/logging/levels.hpp>

#include <algorithm>
#include <span>

namespace trunkline::logging {
namespace {

std::optional<std::size_t> index_of(std::span<std::string_view const> names,
                                    std::string_view name) {
    auto const found = std::ranges::find(names, name);
    if (found == names.end()) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - names.begin());
}

std::string refusal(std::string_view part, std::string_view what,
                    std::span<std::string_view const> names) {
    std::string line;
    line.append("\"").append(part).append("\" is not a ").append(what).append("; write one of ");
    for (std::string_view const name : names) {
        line.append(name == names.front() ? "" : "|").append(name);
    }
    return line;
}

}  // namespace

std::optional<level> level_named(std::string_view name) noexcept {
    auto const index = index_of(level_names, name);
    return index ? std::optional(static_cast<level>(*index)) : std::nullopt;
}

std::string level_table::follow(std::string_view list, bool keep_general) {
    std::array<std::optional<level>, area_names.size()> named{};
    std::optional<level> general;
    while (!list.empty()) {
        std::size_t const comma = std::min(list.find(','), list.size());
        std::string_view const part = list.substr(0, comma);
        list.remove_prefix(std::min(comma + 1, list.size()));
        std::size_t const equals = part.find('=');
        std::string_view const level_text = equals == part.npos ? part : part.substr(equals + 1);
        auto const to = level_named(level_text);
        if (!to) {
            return refusal(level_text, "log level", level_names);
        }
        if (equals == part.npos) {
            general = to;
            continue;
        }
        auto const index = index_of(area_names, part.substr(0, equals));
        if (!index) {
            return refusal(part.substr(0, equals), "log module", area_names);
        }
        named[*index] = to;
    }
    if (general && !keep_general) {
        set_all(*general);
    }
    for (std::size_t i = 0; i < named.size(); ++i) {
        levels_[i] = named[i].value_or(levels_[i]);
    }
    return {};
}

}  // namespace trunkline::logging
