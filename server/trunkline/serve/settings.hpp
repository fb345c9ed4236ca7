// The names, bounds and meaning of everything in serve_options, and how limits follow each other.
#pragma once

#include <trunkline/config/setting.hpp>
#include <trunkline/serve/options.hpp>
#include <trunkline/serving/limits_text.hpp>
#include <trunkline/serving/machine.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace trunkline::server {

/// The settings refer to `options`, which outlives them.
[[nodiscard]] config::setting_list settings_of(serve_options& options);

/// Fills in what was left to us, makes limits that contain one another agree, and checks what a
/// single value cannot tell. Returns an empty text, or one line that says what is wrong and what to
/// do.
[[nodiscard]] std::string settle(serve_options& options, std::span<config::setting> settings,
                                 machine const& on);

}  // namespace trunkline::server
