#include <trunkline/cli/progress_bar.hpp>

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace trunkline::cli {
namespace {

constexpr std::size_t bar_width = 30;

std::string in_mib(std::uint64_t bytes) {
    return std::to_string(bytes / mib) + "." + std::to_string(bytes % mib * 10 / mib);
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

void progress_bar::show(std::uint64_t done) {
    if (is_on_ && (total_ != 0 || done >= progress_from_size)) {
        line_.draw(progress_line(what_, done, total_, columns_of_terminal()));
    }
}

}  // namespace trunkline::cli
