#include <trunkline/base/assert.hpp>

#include <cstdio>
#include <cstdlib>

namespace trunkline::detail {

void assertion_failed(char const* condition, char const* file, int line) noexcept {
    std::fprintf(stderr, "trunkline: internal error: %s does not hold (%s:%d)\n", condition, file,
                 line);
    std::abort();
}

}  // namespace trunkline::detail
