#include "strata.hpp"

#include <algorithm>
#include <vector>

namespace tidy {

namespace {

std::string trimmed(std::string_view text) {
    auto const first = text.find_first_not_of(" `");
    return first == text.npos
               ? std::string()
               : std::string(text.substr(first, text.find_last_not_of(" `") - first + 1));
}

/// What stands between separators, trimmed and without code marks; nothing for an empty text.
std::vector<std::string> parts_of(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!trimmed(text).empty()) {
        auto const end = text.find(separator);
        parts.push_back(trimmed(text.substr(0, end)));
        text = end == text.npos ? std::string_view() : text.substr(end + 1);
    }
    return parts;
}

/// The cells of a row of a table; the last ones are empty when the row has fewer.
std::vector<std::string> cells_of(std::string_view row) {
    std::vector<std::string> cells;
    for (row.remove_prefix(1); row.find('|') != row.npos; row.remove_prefix(row.find('|') + 1)) {
        cells.push_back(trimmed(row.substr(0, row.find('|'))));
    }
    cells.resize(4);
    return cells;
}

}  // namespace

strata strata_of(tree const& all) {
    strata found;
    auto const* page = all.find("ARCHITECTURE.md");
    bool below_heading = false;
    std::string room;
    std::size_t height = 0;
    for (auto line : page != nullptr ? page->lines() : std::vector<std::string_view>()) {
        if (line.starts_with("## ")) {
            below_heading = line == "## Strata";
        }
        if (!below_heading || !line.starts_with("| ") || line.starts_with("| room")) {
            continue;
        }
        auto const cells = cells_of(line);
        if (!cells[0].empty()) {
            room = cells[0];
            ++height;
        }
        stratum row{room, height, {}};
        for (auto const& word : parts_of(cells[2], ',')) {
            if (word != "all above") {
                row.may_include.insert(word);
                continue;
            }
            for (auto const& [module, _] : found) {
                row.may_include.insert(module);
            }
        }
        for (auto const& module : parts_of(cells[1], ',')) {
            found[module] = row;
        }
    }
    return found;
}

std::string_view module_of_file(std::string_view path) {
    path.remove_prefix(std::min(path.find('/'), path.size() - 1) + 1);
    if (path.starts_with("trunkline/")) {
        path.remove_prefix(10);
    }
    auto const end = path.find('/');
    return end == path.npos ? std::string_view() : path.substr(0, end);
}

std::string_view module_of_include(strata const& known, std::string_view include) {
    bool const by_name = include.starts_with("trunkline/");
    if (by_name) {
        include.remove_prefix(10);
    }
    auto const module = include.substr(0, std::min(include.find('/'), include.size()));
    return by_name || (module.size() < include.size() && known.contains(module))
               ? module
               : std::string_view();
}

}  // namespace tidy
