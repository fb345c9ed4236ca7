#include <trunkline/config/units.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>

namespace trunkline::config {
namespace {

struct unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array size_units{
    unit{"TiB", std::uint64_t{1} << 40}, unit{"GiB", std::uint64_t{1} << 30},
    unit{"MiB", std::uint64_t{1} << 20}, unit{"KiB", std::uint64_t{1} << 10}, unit{"B", 1}};

constexpr std::array duration_units{unit{"h", 3'600'000}, unit{"min", 60'000}, unit{"s", 1'000},
                                    unit{"ms", 1}};

struct number_and_unit {
    std::uint64_t number = 0;
    std::string_view unit_name;
};

result<number_and_unit> split(std::string_view text, config_error malformed) {
    number_and_unit parts;
    auto const [end, fault] =
        std::from_chars(text.data(), text.data() + text.size(), parts.number, 10);
    if (fault == std::errc::result_out_of_range) {
        return config_error::above_maximum;
    }
    if (fault != std::errc{}) {
        return malformed;
    }
    parts.unit_name = text.substr(static_cast<std::size_t>(end - text.data()));
    if (parts.unit_name.starts_with(' ')) {
        parts.unit_name.remove_prefix(1);
        if (parts.unit_name.empty()) {
            return malformed;
        }
    }
    return parts;
}

char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? char(letter + 32) : letter;
}

bool equal_in_any_case(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char one, char other) { return lower(one) == lower(other); });
}

std::string format(std::uint64_t value, std::span<unit const> units) {
    auto const fits = [value](unit const& candidate) { return value % candidate.factor == 0; };
    unit const& chosen = value == 0 ? units.back() : *std::ranges::find_if(units, fits);
    return std::to_string(value / chosen.factor).append(chosen.name);
}

}  // namespace

result<std::uint64_t> parse_size(std::string_view text) {
    auto const parts = split(text, config_error::not_a_size);
    if (!parts) {
        return parts.error();
    }
    std::string_view const name = parts->unit_name.empty() ? "B" : parts->unit_name;
    auto const found = std::ranges::find_if(
        size_units, [name](unit const& known) { return equal_in_any_case(known.name, name); });
    if (found == size_units.end()) {
        return config_error::not_a_size;
    }
    if (parts->number > std::numeric_limits<std::uint64_t>::max() / found->factor) {
        return config_error::above_maximum;
    }
    return parts->number * found->factor;
}

result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    auto const parts = split(text, config_error::not_a_duration);
    if (!parts) {
        return parts.error();
    }
    if (parts->unit_name.empty()) {
        if (parts->number != 0) {
            return config_error::missing_unit;
        }
        return std::chrono::milliseconds{0};
    }
    auto const found = std::ranges::find(duration_units, parts->unit_name, &unit::name);
    if (found == duration_units.end()) {
        return config_error::not_a_duration;
    }
    constexpr std::uint64_t max = std::numeric_limits<std::chrono::milliseconds::rep>::max();
    if (parts->number > max / found->factor) {
        return config_error::above_maximum;
    }
    return std::chrono::milliseconds{parts->number * found->factor};
}

result<std::uint64_t> parse_count(std::string_view text) {
    auto const parts = split(text, config_error::not_a_count);
    if (!parts) {
        return parts.error();
    }
    if (!parts->unit_name.empty()) {
        return config_error::not_a_count;
    }
    return parts->number;
}

std::string format_size(std::uint64_t bytes) {
    return format(bytes, size_units);
}

std::string format_duration(std::chrono::milliseconds duration) {
    return format(static_cast<std::uint64_t>(duration.count()), duration_units);
}

}  // namespace trunkline::config
