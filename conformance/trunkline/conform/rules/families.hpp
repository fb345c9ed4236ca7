// The rules file by file; server_rules() has them in the order of the catalogue.
#pragma once

#include <trunkline/conformance/rule.hpp>

#include <span>

namespace trunkline::conform {

/// What every rule from outside has: links are as they are, and the client calls.
inline constexpr auto one_run = conformance::needs::one_shape | conformance::needs::one_role;

[[nodiscard]] std::span<conformance::rule const> call_rules();
[[nodiscard]] std::span<conformance::rule const> delivery_rules();
[[nodiscard]] std::span<conformance::rule const> ending_rules();
[[nodiscard]] std::span<conformance::rule const> malformed_rules();
[[nodiscard]] std::span<conformance::rule const> web_rules();

}  // namespace trunkline::conform
