#include <trunkline/cli/input.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/exit_code.hpp>

#include <cstdio>

namespace trunkline::cli {

std::optional<int> read_input(std::string& all) {
    std::string part(chunk_size, '\0');
    std::size_t size = 0;
    while ((size = std::fread(part.data(), 1, part.size(), stdin)) > 0) {
        all.append(part, 0, size);
    }
    if (std::ferror(stdin) != 0) {
        return complain(exit_failure, "standard input cannot be read");
    }
    return std::nullopt;
}

}  // namespace trunkline::cli
