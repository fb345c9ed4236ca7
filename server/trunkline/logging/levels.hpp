// Which module logs how much: "info,store=debug,ws=trace".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::logging {

/// In rising detail. A module logs what is at or above its level in importance.
enum class level : std::uint8_t { error, warn, info, debug, trace };

inline constexpr std::array<std::string_view, 5> level_names{"error", "warn", "info", "debug",
                                                             "trace"};

/// The parts of the program that log: its life, the store, connections, calls.
enum class area : std::uint8_t { server, store, ws, rpc };

inline constexpr std::array<std::string_view, 4> area_names{"server", "store", "ws", "rpc"};

[[nodiscard]] constexpr std::string_view name_of(level of) {
    return level_names[static_cast<std::size_t>(of)];
}
[[nodiscard]] constexpr std::string_view name_of(area of) {
    return area_names[static_cast<std::size_t>(of)];
}

[[nodiscard]] std::optional<level> level_named(std::string_view name) noexcept;

/// One level for each module.
class level_table {
public:
    explicit level_table(level everywhere = level::info) { set_all(everywhere); }

    void set_all(level everywhere) { levels_.fill(everywhere); }
    void set(area of, level to) { levels_[static_cast<std::size_t>(of)] = to; }
    [[nodiscard]] level of(area which) const { return levels_[static_cast<std::size_t>(which)]; }

    /// Follows a comma-separated list of LEVEL (for every module) and MODULE=LEVEL, whatever their
    /// order. With `keep_general` a LEVEL alone is checked but not followed. Returns an empty text,
    /// or what is wrong and what to do; the table is then unchanged.
    [[nodiscard]] std::string follow(std::string_view list, bool keep_general);

private:
    std::array<level, area_names.size()> levels_{};
};

}  // namespace trunkline::logging
