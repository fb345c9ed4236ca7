// Keys and values that look random and are the same for the same seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace trunkline::load {

/// A key and its value.
struct pair {
    std::string key;    ///< 16 bytes
    std::string value;  ///< as many bytes as were asked for
};

/// Different keys; `packable` values are decimal digits, which bitcode sends in half the bytes.
[[nodiscard]] std::vector<pair> make_pairs(std::size_t count, std::size_t size, bool packable,
                                           std::uint64_t seed);

}  // namespace trunkline::load
