#include <trunkline/cli/progress_bar.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace trunkline::cli {
namespace {

constexpr std::size_t bar_width = 30;
constexpr std::size_t columns_by_default = 80;

std::string in_mib(std::uint64_t bytes) {
    return std::to_string(bytes / mib) + "." + std::to_string(bytes % mib * 10 / mib);
}

/// One column is left free: a full line would move on to the next one.
std::size_t columns_of_terminal() {
    winsize size{};
    bool const known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return (known ? size.ws_col : columns_by_default) - 1;
}

}  // namespace

bool is_shown_to_a_person() noexcept {
    return ::isatty(STDERR_FILENO) == 1;
}

std::string progress_line(std::string_view what, std::uint64_t done, std::uint64_t total,
                          std::size_t columns) {
    std::string line(what);
    if (total == 0) {
        line += " " + in_mib(done) + " MiB";
    } else {
        done = std::min(done, total);
        auto const share = static_cast<double>(done) / static_cast<double>(total);
        auto const filled = static_cast<std::size_t>(share * bar_width);
        auto const percent = std::to_string(static_cast<int>(share * 100));
        line += " [" + std::string(filled, '#') + std::string(bar_width - filled, '-') + "] ";
        line += std::string(3 - percent.size(), ' ') + percent + "%  ";
        line += in_mib(done) + " of " + in_mib(total) + " MiB";
    }
    return line.substr(0, columns);
}

progress_bar::progress_bar(bool is_on, std::string what, std::uint64_t total)
    : is_on_(is_on && (total == 0 || total >= progress_from_size)),
      what_(std::move(what)),
      total_(total) {}

progress_bar::~progress_bar() {
    if (!drawn_.empty()) {
        std::fprintf(stderr, "\r%*s\r", static_cast<int>(drawn_.size()), "");
        std::fflush(stderr);
    }
}

void progress_bar::show(std::uint64_t done) {
    if (is_on_ && (total_ != 0 || done >= progress_from_size)) {
        draw(progress_line(what_, done, total_, columns_of_terminal()));
    }
}

void progress_bar::draw(std::string line) {
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
