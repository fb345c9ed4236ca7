// Tests that are run once more with idle connections folded wherever that may be.
#pragma once

#include <cstdlib>

namespace trunkline::test_support {

/// Whether every server of a test is to fold its connections at once: set by ctest for the entries
/// that end in ".folding".
[[nodiscard]] inline bool folding_is_forced() noexcept {
    return std::getenv("TRUNKLINE_TEST_FOLDING") != nullptr;
}

}  // namespace trunkline::test_support
