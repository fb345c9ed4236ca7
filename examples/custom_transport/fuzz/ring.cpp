// A ring whose other end writes what it likes into the memory: whatever that is, the counts of this
// end hold, and nothing is touched but the bytes of the lane. The input: one byte that says what to
// do, four of a number, again and again.
#include "../ring/ring.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const shared = std::make_unique<ring::lane>();
    ring::writer writer(*shared);
    ring::reader reader(*shared);
    std::vector<std::byte> bytes(2 * ring::capacity);
    for (; size >= 5; data += 5, size -= 5) {
        std::uint32_t number = 0;
        std::memcpy(&number, data + 1, sizeof number);
        std::size_t const length = number % bytes.size() + 1;
        trunkline::bytes_view const piece(bytes.data(), length);
        bool holds = true;
        switch (data[0] % 4) {
            case 0:
                shared->written = number;
                break;
            case 1:
                shared->taken = number;
                break;
            case 2: {
                auto const room = writer.room();
                holds =
                    writer.write({&piece, 1}) == std::min<std::size_t>(length, room.value_or(0));
                break;
            }
            default: {
                auto const waiting = reader.size();
                holds = reader.read(std::span(bytes).first(length)) ==
                        std::min<std::size_t>(length, waiting.value_or(0));
            }
        }
        if (!holds || writer.room() > ring::capacity || reader.size() > ring::capacity) {
            std::abort();
        }
    }
    return 0;
}
