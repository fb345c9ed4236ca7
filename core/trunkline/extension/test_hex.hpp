// For tests: bytes as hex digits.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::extension::testing {

inline std::vector<std::byte> bytes_of(std::string_view hex) {
    std::vector<std::byte> made;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
        made.push_back(
            static_cast<std::byte>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16)));
    }
    return made;
}

}  // namespace trunkline::extension::testing
