// Fails on purpose: shows that a property which does not hold is noticed, by the fuzzer and by the
// replay of corpora.
#include "check.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    TRUNKLINE_FUZZ_CHECK(!(size == 3 && data[0] == 'o' && data[1] == 'f' && data[2] == 'f'));
    return 0;
}
