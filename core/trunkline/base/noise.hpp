// For tests: numbers and bytes that look random and are the same in each run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace trunkline {

/// The next number after `state`, which becomes the state. Its high bits are the better ones.
[[nodiscard]] inline std::uint64_t next_noise(std::uint64_t& state) noexcept {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return state;
}

[[nodiscard]] inline std::string noise(std::size_t size, std::uint64_t seed) {
    std::string bytes(size, '\0');
    for (auto& each : bytes) {
        each = static_cast<char>(next_noise(seed) >> 56);
    }
    return bytes;
}

}  // namespace trunkline
