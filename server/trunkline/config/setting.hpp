// One thing a person can set: its name, what it means, and the variable behind it. The command
// line, the configuration file, --help and --print-limits are all made from a list of these.
#pragma once

#include <trunkline/config/error.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace trunkline::config {

/// Who set the value; a later one wins over an earlier one.
enum class origin : std::uint8_t { by_default, file, flag };

enum class number_kind : std::uint8_t { count, size, duration };

/// A number behind a setting, whatever its C++ type. Sizes are in bytes, durations in milliseconds.
struct number {
    number_kind kind = number_kind::count;
    std::uint64_t minimum = 0;
    std::uint64_t maximum = 0;
    std::string_view word_for_zero;  ///< stands for 0, which may be below the minimum: "off"
    std::function<std::uint64_t()> get;
    std::function<void(std::uint64_t)> set;
};

/// On or off. Given alone on the command line it means on.
struct toggle {
    bool* value = nullptr;
};

/// Any text but the empty one.
struct words {
    std::string* value = nullptr;
    std::string_view placeholder;
};

/// Texts, each but the empty one; each time it is given adds one to those of the same origin.
struct word_list {
    std::vector<std::string>* values = nullptr;
    std::string_view placeholder;
};

/// One of a few words.
struct choice {
    std::string* value = nullptr;
    std::vector<std::string_view> choices;
};

/// The variable outlives the setting. Values only: copying a setting copies the pointer.
struct setting {
    std::string_view name;     ///< as in --NAME and as a key of the configuration file
    std::string_view meaning;  ///< one line for --help
    std::variant<toggle, words, word_list, choice, number> target;
    bool is_limit = false;  ///< listed by --print-limits
    origin from = origin::by_default;
};

using setting_list = std::vector<setting>;

template <std::unsigned_integral Integer>
[[nodiscard]] number integer_number(number_kind kind, Integer& variable, std::uint64_t minimum,
                                    std::uint64_t maximum, std::string_view word_for_zero = {}) {
    return {kind,
            minimum,
            maximum,
            word_for_zero,
            [&variable] { return std::uint64_t{variable}; },
            [&variable](std::uint64_t value) { variable = static_cast<Integer>(value); }};
}

template <std::unsigned_integral Integer>
[[nodiscard]] number count_of(Integer& variable, std::uint64_t minimum, std::uint64_t maximum,
                              std::string_view word_for_zero = {}) {
    return integer_number(number_kind::count, variable, minimum, maximum, word_for_zero);
}

template <std::unsigned_integral Integer>
[[nodiscard]] number size_of(Integer& variable, std::uint64_t minimum, std::uint64_t maximum) {
    return integer_number(number_kind::size, variable, minimum, maximum);
}

[[nodiscard]] number duration_of(std::chrono::milliseconds& variable,
                                 std::chrono::milliseconds minimum,
                                 std::chrono::milliseconds maximum);

/// Sets the variable from what a person wrote. On failure nothing is changed.
[[nodiscard]] result<void> assign(setting& to, std::string_view text, origin from);

/// The present value as a person would write it.
[[nodiscard]] std::string value_text(setting const& of);
[[nodiscard]] std::string value_text(number const& kind, std::uint64_t value);

/// The number behind the setting; null when there is none.
[[nodiscard]] number const* number_behind(setting const& of) noexcept;

/// What kind of value is wanted, for --help: SIZE, DURATION, COUNT, "text|json".
[[nodiscard]] std::string placeholder(setting const& of);

/// Why assign() refused `text`, to follow the name of the flag or key: one line that says what is
/// wrong and what to do.
[[nodiscard]] std::string explain(setting const& of, std::string_view text, error_code why);

/// Null when there is none of that name.
[[nodiscard]] setting* find(std::span<setting> settings, std::string_view name) noexcept;

/// The known name nearest to a mistyped one; empty when none is near.
[[nodiscard]] std::string_view nearest_name(std::span<setting const> settings,
                                            std::string_view mistyped);

}  // namespace trunkline::config
