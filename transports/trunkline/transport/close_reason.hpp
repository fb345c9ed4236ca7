// What a side says when it closes a connection.
#pragma once

#include <cstdint>
#include <string>

namespace trunkline::transport {

/// Why a connection is closed: those of RFC 6455 section 7.4 that are said. Programs may use
/// numbers from 3000 to 4999 beside them, as close_code{4001}.
enum class close_code : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    unsupported_data = 1003,
    invalid_payload = 1007,
    policy_violation = 1008,
    message_too_big = 1009,
    internal_error = 1011,
    try_again_later = 1013,
};

/// Whether it may be sent: one of those above, or of a program.
[[nodiscard]] constexpr bool may_be_said(close_code why) noexcept {
    switch (why) {
        case close_code::normal:
        case close_code::going_away:
        case close_code::protocol_error:
        case close_code::unsupported_data:
        case close_code::invalid_payload:
        case close_code::policy_violation:
        case close_code::message_too_big:
        case close_code::internal_error:
        case close_code::try_again_later:
            return true;
    }
    auto const number = static_cast<std::uint16_t>(why);
    return number >= 3000 && number <= 4999;
}

/// Whether it says that the peer has done something wrong, which it would do again if it came back:
/// 1002, 1003, 1007, 1008 and 1009.
[[nodiscard]] constexpr bool is_rejection(close_code why) noexcept {
    switch (why) {
        case close_code::protocol_error:
        case close_code::unsupported_data:
        case close_code::invalid_payload:
        case close_code::policy_violation:
        case close_code::message_too_big:
            return true;
        default:
            return false;
    }
}

/// A value.
struct close_reason {
    close_code code = close_code::normal;  ///< as it came: any number
    std::string text;                      ///< for people: what came, UTF-8 or not

    friend bool operator==(close_reason const&, close_reason const&) = default;
};

}  // namespace trunkline::transport
