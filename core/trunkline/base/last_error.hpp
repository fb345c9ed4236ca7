// What the system said last.
#pragma once

#include <trunkline/base/result.hpp>

#include <cerrno>

namespace trunkline {

/// Why the last call on the system failed: errno, in the system's category.
[[nodiscard]] inline error_code last_error() noexcept {
    return {errno, boost::system::system_category()};
}

}  // namespace trunkline
