// Errors of starting a server in words for the person who started it: what is wrong and what to do.
#pragma once

#include <trunkline/base/result.hpp>

#include <string>
#include <string_view>

namespace trunkline::server {

/// Why `endpoint`, such as "127.0.0.1:8080", could not be listened on: one line.
[[nodiscard]] std::string explain_listen(std::string_view endpoint, error_code why);

}  // namespace trunkline::server
