// Any bytes from a peer: however they are cut, a session says and sends the same, and it never
// holds more than its limit.
#include "conversation.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace trunkline;
    if (size < 2) {
        return 0;
    }
    bytes_view const input = std::as_bytes(std::span(data + 2, size - 2));
    fuzz::check_every_cut(fuzz::options_from(data[0], 24 * mib), fuzz::options_from(data[0], 6000),
                          input, 1u + data[1]);
    return 0;
}
