// A rule of the catalogue: a plain function, and what stands about it in RULES.md.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace trunkline::conformance {

class world;

/// How binding a rule is.
enum class level : std::uint8_t {
    must,
    should,    ///< run always, reported apart, never blocks
    repeated,  ///< holds for every seed tried: one green run is evidence, not proof
};

/// What a rule cannot do without; with anything else it is not applicable.
enum class needs : std::uint16_t {
    nothing = 0,
    faults = 1U << 0U,           ///< fixture::disturb()
    virtual_time = 1U << 1U,     ///< hours of waiting, or exact moments
    half_close = 1U << 2U,       ///< features::half_close
    message_borders = 1U << 3U,  ///< features::message_borders
    probe = 1U << 4U,            ///< features::probe
    close_reason = 1U << 5U,     ///< features::close_reason
    identity = 1U << 6U,         ///< features::identity
    secure = 1U << 7U,           ///< features::secure
    one_shape = 1U << 8U,        ///< no need as such: the rule sets its own links, one shape is all
    one_role = 1U << 9U,         ///< likewise: who listens makes no difference, or is the point
    compression = 1U << 10U,     ///< features::compression
    reset = 1U << 11U,           ///< features::reset
    other_threads = 1U << 12U,   ///< no need as such: other threads have their part in it
};

[[nodiscard]] constexpr needs operator|(needs a, needs b) noexcept {
    return static_cast<needs>(static_cast<std::uint16_t>(a) | static_cast<std::uint16_t>(b));
}
/// Whether `all` has every one of `some`.
[[nodiscard]] constexpr bool includes(needs all, needs some) noexcept {
    return (static_cast<std::uint16_t>(all) & static_cast<std::uint16_t>(some)) ==
           static_cast<std::uint16_t>(some);
}

/// How much of one thing a rule does. A value; the text lives as long as the program.
struct quantity {
    std::string_view of;    ///< "calls"; "bytes", or "bytes a part", are told in KiB and MiB
    std::size_t quick = 0;  ///< in runs of quick volume
    std::size_t full = 0;   ///< in runs of full volume
};

/// All that a rule does more of, or less, in a run of full volume. A value.
struct quantities {
    /// Nothing: the rule is the same in both.
    constexpr quantities() = default;
    /// At most as many as `each` has; more do not compile.
    constexpr quantities(std::string_view why, std::initializer_list<quantity> all) : reason(why) {
        std::copy(all.begin(), all.end(), each.begin());
    }

    std::string_view reason;            ///< what the full volume is for, one phrase
    std::array<quantity, 3> each = {};  ///< those without a text are none
};

/// A value; the texts live as long as the program.
struct rule {
    std::string_view id;  ///< "FLO-03"
    level binding = level::must;
    std::string_view text;     ///< what has to be seen, one sentence
    std::string_view look_at;  ///< where the cause may lie when it is not
    needs uses = needs::nothing;
    /// Throws rule_broken when it is not seen.
    void (*check)(world& at) = nullptr;
    quantities volumes = {};  ///< what world::amount() may be asked for
};

/// "FLO" of "FLO-03".
[[nodiscard]] constexpr std::string_view family_of(rule const& what) noexcept {
    return what.id.substr(0, 3);
}

/// All rules of the kit, in the order of the catalogue.
[[nodiscard]] std::span<rule const> all_rules();

/// Null when there is none of that id.
[[nodiscard]] rule const* find_rule(std::string_view id);

}  // namespace trunkline::conformance
