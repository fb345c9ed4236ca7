// One line on the terminal that is drawn again and again.
#pragma once

#include <cstddef>
#include <string>

namespace trunkline::cli {

/// Columns that a line on standard error may fill; one is left free, as a full line would move on
/// to the next one.
[[nodiscard]] std::size_t columns_of_terminal();

/// Draws on standard error, over what it drew before, and only when the line changes. Takes the
/// line away when it is destroyed, so that whatever is written next has it for itself.
class status_line {
public:
    status_line() = default;
    ~status_line();
    status_line(status_line const&) = delete;
    status_line& operator=(status_line const&) = delete;

    void draw(std::string line);

private:
    std::string drawn_;
};

}  // namespace trunkline::cli
