// The configuration file: TOML with the names of the flags as keys.
#pragma once

#include <trunkline/config/setting.hpp>

#include <filesystem>
#include <span>
#include <string>

namespace trunkline::config {

/// Assigns every key of the file to the setting of that name. Returns an empty text, or one line
/// "FILE:LINE: what is wrong and what to do": a file that cannot be read, that is not TOML, an
/// unknown key, a value that the setting refuses. Settings assigned before the fault stay assigned.
[[nodiscard]] std::string read_config_file(std::filesystem::path const& path,
                                           std::span<setting> settings);

}  // namespace trunkline::config
