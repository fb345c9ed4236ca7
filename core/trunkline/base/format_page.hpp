// Reads the tables of a FORMAT.md, so that a test can hold the page to the code. For tests.
#pragma once

#include <cstddef>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline {

/// The rows of one table, cells trimmed and without code marks; the first row is the heading.
struct format_table {
    std::vector<std::vector<std::string>> rows;

    /// The cell in the row that begins with `name`, under `column`. Throws when there is none.
    [[nodiscard]] std::string at(std::string_view name, std::string_view column) const {
        for (std::size_t i = 0; i < rows.at(0).size(); ++i) {
            if (rows[0][i] != column) {
                continue;
            }
            for (auto const& row : rows) {
                if (row.at(0) == name) {
                    return row.at(i);
                }
            }
        }
        throw std::out_of_range("no cell " + std::string(name) + " / " + std::string(column));
    }

    /// As at(), for a number that may be grouped by commas and carry a unit: `16 MiB`, `1,024`.
    [[nodiscard]] std::size_t number(std::string_view name, std::string_view column) const {
        std::string digits;
        std::string const cell = at(name, column);
        std::size_t end = 0;
        for (; end < cell.size() && (cell[end] == ',' || (cell[end] >= '0' && cell[end] <= '9'));
             ++end) {
            if (cell[end] != ',') {
                digits.push_back(cell[end]);
            }
        }
        std::size_t const value = std::stoull(digits);
        bool const in_kib = cell.find("KiB", end) != std::string::npos;
        bool const in_mib = cell.find("MiB", end) != std::string::npos;
        return in_mib ? value << 20 : in_kib ? value << 10 : value;
    }
};

/// A page of format documentation.
class format_page {
public:
    /// Throws when the file cannot be read.
    explicit format_page(std::string const& path) {
        std::ifstream file(path);
        if (!file) {
            throw std::runtime_error("cannot read " + path);
        }
        std::stringstream all;
        all << file.rdbuf();
        text_ = all.str();
    }

    [[nodiscard]] std::string const& text() const noexcept { return text_; }

    /// The first table below the heading `## title`. Throws when there is none.
    [[nodiscard]] format_table table(std::string_view title) const {
        std::istringstream lines(section(title));
        format_table found;
        for (std::string line; std::getline(lines, line);) {
            if (line.empty() || line.front() != '|') {
                if (!found.rows.empty()) {
                    break;
                }
                continue;
            }
            if (line.find_first_not_of("|-: ") != std::string::npos) {
                found.rows.push_back(cells(line));
            }
        }
        if (found.rows.empty()) {
            throw std::out_of_range("no table below " + std::string(title));
        }
        return found;
    }

    /// The bytes of all hex lines (indented, up to `;`) below the heading, as hex digits without
    /// spaces.
    [[nodiscard]] std::string hex_example(std::string_view title) const {
        std::istringstream lines(section(title));
        std::string digits;
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with("    ")) {
                continue;
            }
            for (char const c : line.substr(0, line.find(';'))) {
                if (c != ' ') {
                    digits.push_back(c);
                }
            }
        }
        return digits;
    }

private:
    [[nodiscard]] std::string section(std::string_view title) const {
        std::string const heading = "\n## " + std::string(title) + "\n";
        std::size_t const begin = text_.find(heading);
        if (begin == std::string::npos) {
            throw std::out_of_range("no section " + std::string(title));
        }
        std::size_t const end = text_.find("\n## ", begin + 1);
        return text_.substr(begin + heading.size(),
                            end == std::string::npos ? end : end - begin - heading.size());
    }

    static std::vector<std::string> cells(std::string const& line) {
        std::vector<std::string> found;
        std::string cell;
        for (std::size_t i = 1; i < line.size(); ++i) {
            if (line[i] != '|') {
                if (line[i] != '`') {
                    cell.push_back(line[i]);
                }
                continue;
            }
            std::size_t const first = cell.find_first_not_of(' ');
            std::size_t const last = cell.find_last_not_of(' ');
            found.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
            cell.clear();
        }
        return found;
    }

    std::string text_;
};

}  // namespace trunkline
