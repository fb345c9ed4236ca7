// The names, bounds and meaning of everything in serve_options, and how limits follow each other.
#pragma once

#include <trunkline/config/setting.hpp>
#include <trunkline/serve/options.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace trunkline::server {

/// The settings refer to `options`, which outlives them.
[[nodiscard]] config::setting_list settings_of(serve_options& options);

/// What the machine offers.
struct machine {
    std::size_t cores = 1;
    std::size_t descriptors = 1024;  ///< RLIMIT_NOFILE in effect
};

/// Descriptors kept for everything but connections: the store, listeners, epoll sets, logs.
inline constexpr std::size_t reserved_descriptors = 64;

/// Asks the machine, after raising the soft limit on descriptors to the hard one.
[[nodiscard]] machine raise_and_read_machine();

/// Fills in what was left to us, makes limits that contain one another agree, and checks what a
/// single value cannot tell. Returns an empty text, or one line that says what is wrong and what to
/// do.
[[nodiscard]] std::string settle(serve_options& options, std::span<config::setting> settings,
                                 machine const& on);

/// One line per limit: name, value, unit and meaning, in aligned columns.
[[nodiscard]] std::string limits_text(std::span<config::setting const> settings);

}  // namespace trunkline::server
