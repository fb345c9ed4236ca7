// What a write has survived when it is acknowledged.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trunkline::store {

/// FORMAT.md, "Durability", says what is kept at each level and how.
enum class durability : std::uint8_t {
    none,   ///< nothing but the life of this process
    os,     ///< the death of the process: the system has the bytes
    sync,   ///< a loss of power: handed to the disk, each write by itself
    group,  ///< the same, with other writes that came meanwhile
};

/// Name of each level, in the order of the enumeration.
inline constexpr std::array<std::string_view, 4> durability_names{"none", "os", "sync", "group"};

/// As the settings call it.
[[nodiscard]] constexpr std::string_view name_of(durability level) noexcept {
    return durability_names[static_cast<std::size_t>(level)];
}

/// The level of a name, or nothing.
[[nodiscard]] constexpr std::optional<durability> durability_of(std::string_view name) noexcept {
    for (std::size_t i = 0; i < durability_names.size(); ++i) {
        if (durability_names[i] == name) {
            return static_cast<durability>(i);
        }
    }
    return std::nullopt;
}

/// True when writes of this level wait for the disk.
[[nodiscard]] constexpr bool waits_for_disk(durability level) noexcept {
    return level == durability::sync || level == durability::group;
}

}  // namespace trunkline::store
