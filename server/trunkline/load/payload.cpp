#include <trunkline/load/payload.hpp>

#include <trunkline/base/noise.hpp>

namespace trunkline::load {

namespace {

std::string digits(std::size_t size, std::uint64_t seed) {
    std::string made = noise(size, seed);
    for (char& each : made) {
        each = static_cast<char>('0' + static_cast<unsigned char>(each) % 10);
    }
    return made;
}

std::string key_of(std::size_t number) {
    std::string const name = std::to_string(number);
    return "load" + std::string(12 - name.size(), '0') + name;
}

}  // namespace

std::vector<pair> make_pairs(std::size_t count, std::size_t size, bool packable,
                             std::uint64_t seed) {
    std::vector<pair> made(count);
    for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t const own = next_noise(seed);
        made[i] = {key_of(i), packable ? digits(size, own) : noise(size, own)};
        if (size == 1) {
            made[i].value = "v";  // a single zero byte is no value
        }
    }
    return made;
}

}  // namespace trunkline::load
