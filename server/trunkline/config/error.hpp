// Errors of reading configuration: what a person wrote that we cannot follow.
#pragma once

#include <trunkline/base/result.hpp>

#include <type_traits>

namespace trunkline::config {

enum class config_error {
    not_a_size = 1,
    not_a_duration,
    not_a_count,
    not_a_choice,
    not_a_switch,
    missing_unit,
    empty_text,
    below_minimum,
    above_maximum,
};

[[nodiscard]] error_code make_error_code(config_error error) noexcept;

}  // namespace trunkline::config

template <>
struct boost::system::is_error_code_enum<trunkline::config::config_error> : std::true_type {};
