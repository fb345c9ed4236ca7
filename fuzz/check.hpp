// How a fuzz target says that a property does not hold: where, and then abort, which both libFuzzer
// and the replay of corpora take for a failure.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace trunkline::fuzz {

[[noreturn]] inline void property_failed(char const* condition, char const* file, int line) {
    std::fprintf(stderr, "property does not hold: %s (%s:%d)\n", condition, file, line);
    std::abort();
}

}  // namespace trunkline::fuzz

#define TRUNKLINE_FUZZ_CHECK(condition) \
    ((condition) ? void() : ::trunkline::fuzz::property_failed(#condition, __FILE__, __LINE__))
