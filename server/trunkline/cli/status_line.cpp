#include <trunkline/cli/status_line.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace trunkline::cli {
namespace {

constexpr std::size_t columns_by_default = 80;

}  // namespace

std::size_t columns_of_terminal() {
    winsize size{};
    bool const known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return (known ? size.ws_col : columns_by_default) - 1;
}

status_line::~status_line() {
    if (!drawn_.empty()) {
        std::fprintf(stderr, "\r%*s\r", static_cast<int>(drawn_.size()), "");
        std::fflush(stderr);
    }
}

void status_line::draw(std::string line) {
    if (line == drawn_) {
        return;
    }
    std::string padded = line;
    padded.resize(std::max(line.size(), drawn_.size()), ' ');
    std::fprintf(stderr, "\r%s", padded.c_str());
    std::fflush(stderr);
    drawn_ = std::move(line);
}

}  // namespace trunkline::cli
