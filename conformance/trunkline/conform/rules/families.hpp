// The rules file by file; server_rules() has them in the order of the catalogue.
#pragma once

#include <trunkline/conformance/rule.hpp>

#include <span>

namespace trunkline::conform {

[[nodiscard]] std::span<conformance::rule const> call_rules();
[[nodiscard]] std::span<conformance::rule const> delivery_rules();
[[nodiscard]] std::span<conformance::rule const> ending_rules();
[[nodiscard]] std::span<conformance::rule const> malformed_rules();
[[nodiscard]] std::span<conformance::rule const> web_rules();

}  // namespace trunkline::conform
