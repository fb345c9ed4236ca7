// Errors of the frame layer.
#pragma once

#include <trunkline/base/result.hpp>

#include <type_traits>

namespace trunkline::frame {

/// Why frames cannot be read or written.
enum class frame_error {
    payload_too_large = 1,  ///< a header declares more payload than the limit
    out_of_memory,
    write_after_end,
    write_after_cancel,
    bad_check,  ///< bytes of a checked frame are not those that were sent
};

/// Any thread.
[[nodiscard]] error_code make_error_code(frame_error error) noexcept;

}  // namespace trunkline::frame

template <>
struct boost::system::is_error_code_enum<trunkline::frame::frame_error> : std::true_type {};
