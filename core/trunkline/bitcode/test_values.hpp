// Described types for the tests of this room.
#pragma once

#include <trunkline/bitcode/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace trunkline::bitcode {

[[nodiscard]] inline std::string to_hex(bytes_view bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string made;
    for (std::byte const each : bytes) {
        made += digits[static_cast<unsigned>(each) / 16];
        made += digits[static_cast<unsigned>(each) % 16];
    }
    return made;
}

[[nodiscard]] inline std::vector<std::byte> from_hex(std::string_view text) {
    std::vector<std::byte> made;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        made.push_back(
            static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    }
    return made;
}

enum class single : std::uint8_t { only };
enum class answer : std::uint8_t { no, yes };
enum class shade : std::uint8_t { light, middle, dark };
enum class finger : std::uint8_t { thumb, index, middle, ring, little };
enum class letter : std::uint8_t { a = 0, k = 10, t = 19 };

template <>
struct description<single> {
    static constexpr std::size_t variants = 1;
};
template <>
struct description<answer> {
    static constexpr std::size_t variants = 2;
};
template <>
struct description<shade> {
    static constexpr std::size_t variants = 3;
};
template <>
struct description<finger> {
    static constexpr std::size_t variants = 5;
};
template <>
struct description<letter> {
    static constexpr std::size_t variants = 20;
};

struct nothing {
    static constexpr auto fields() { return std::tuple(); }
    bool operator==(nothing const&) const = default;
};

struct inner {
    std::uint16_t id = 0;
    std::string name;
    std::vector<std::string> tags;

    static constexpr auto fields() { return std::tuple(&inner::id, &inner::name, &inner::tags); }
    bool operator==(inner const&) const = default;
};

struct outer {
    inner head;
    std::vector<inner> rest;
    std::optional<inner> last;
    shade kind = shade::light;
    double ratio = 0;
    bool ok = false;

    static constexpr auto fields() {
        return std::tuple(&outer::head, &outer::rest, &outer::last, &outer::kind, &outer::ratio,
                          &outer::ok);
    }
    bool operator==(outer const&) const = default;
};

[[nodiscard]] inline inner make_inner(std::size_t number) {
    inner made{static_cast<std::uint16_t>(number), "n" + std::to_string(number), {}};
    for (std::size_t i = 0; i < number % 3; ++i) {
        made.tags.push_back("t" + std::to_string(i));
    }
    return made;
}

}  // namespace trunkline::bitcode
