// What --print-limits prints.
#pragma once

#include <trunkline/config/setting.hpp>

#include <span>
#include <string>

namespace trunkline::server {

/// One line per limit: name, value, unit and meaning, in aligned columns.
[[nodiscard]] std::string limits_text(std::span<config::setting const> settings);

}  // namespace trunkline::server
