#include <interop/muxio_service.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::interop {

void tally::add(part const& next) noexcept {
    ++parts;
    bytes += next.body.size();
    for (std::byte const each : next.body) {
        hash = (hash ^ std::to_integer<std::uint64_t>(each)) * 0x0100'0000'01b3;
    }
}

byte_string any_bytes(std::size_t size, std::uint64_t seed) {
    byte_string made(size);
    std::ranges::generate(made, [&seed] {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::byte>(seed >> 56U);
    });
    return made;
}

part part_of(std::uint64_t place, std::uint64_t seed) {
    std::size_t size = 1 + place * 37 % 900;
    if (place % 10 == 0) {
        size = 0;
    } else if (place % 30 == 7) {
        size = 60'000;
    }
    return {place, any_bytes(size, seed ^ place)};
}

part mirrored(part what) {
    ++what.place;
    std::ranges::reverse(what.body);
    return what;
}

}  // namespace trunkline::interop
