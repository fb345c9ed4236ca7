// A file that tells other programs which port the server took.
#pragma once

#include <trunkline/base/result.hpp>

#include <cstdint>
#include <filesystem>

namespace trunkline::server {

/// Writes the number and a newline to a temporary file beside `path` and renames it, so that
/// whoever sees the file sees all of it. Fails with an error of the system; `path` is then as it
/// was.
[[nodiscard]] result<void> write_port_file(std::filesystem::path const& path, std::uint16_t port);

}  // namespace trunkline::server
