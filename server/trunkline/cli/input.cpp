#include <trunkline/cli/input.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/progress_bar.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace trunkline::cli {

namespace {

/// Bytes that are left in standard input; 0 when nobody knows.
std::uint64_t size_of_input() {
    struct stat found{};
    off_t const begin = ::lseek(STDIN_FILENO, 0, SEEK_CUR);
    if (begin < 0 || ::fstat(STDIN_FILENO, &found) != 0 || !S_ISREG(found.st_mode)) {
        return 0;
    }
    return static_cast<std::uint64_t>(std::max(found.st_size - begin, off_t{0}));
}

}  // namespace

std::optional<int> read_input(std::string& all, bool shows_progress) {
    {
        bool const is_typed = ::isatty(STDIN_FILENO) == 1;
        progress_bar bar(shows_progress && !is_typed, "reading", size_of_input());
        std::string part(chunk_size, '\0');
        std::size_t size = 0;
        while ((size = std::fread(part.data(), 1, part.size(), stdin)) > 0) {
            all.append(part, 0, size);
            bar.show(all.size());
        }
    }
    if (std::ferror(stdin) != 0) {
        return complain(exit_failure, "standard input cannot be read");
    }
    return std::nullopt;
}

}  // namespace trunkline::cli
