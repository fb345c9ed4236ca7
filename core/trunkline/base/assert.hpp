// Assertions are for our own bugs, in every build type; faults of the world are results.
#pragma once

namespace trunkline::detail {
[[noreturn]] void assertion_failed(char const* condition, char const* file, int line) noexcept;
}

#define TRUNKLINE_ASSERT(condition) \
    ((condition) ? void() : ::trunkline::detail::assertion_failed(#condition, __FILE__, __LINE__))
