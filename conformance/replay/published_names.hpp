// Numbers of the published protocol by name, written out once more: what is under test must not
// supply its own measure.
#pragma once

#include <cstdint>

namespace trunkline::replay {

/// Method ids of the store service (store 1).
namespace method {
inline constexpr std::uint64_t write = 0x3ec2ad5c308c53daU;
inline constexpr std::uint64_t batch_write = 0xb0207c59d9b60457U;
inline constexpr std::uint64_t read = 0x2c2622a151f2cdf2U;
inline constexpr std::uint64_t batch_read = 0x01030b148b7284c2U;
inline constexpr std::uint64_t remove = 0x42dbbac7f7e9defdU;
inline constexpr std::uint64_t exists = 0xcb471c821989c086U;
inline constexpr std::uint64_t len = 0xa41dbb760e96e3e3U;
inline constexpr std::uint64_t is_empty = 0x34e05a9b282d0770U;
inline constexpr std::uint64_t file_size = 0x720ea1f40d3468c2U;
}  // namespace method

/// Kinds of frames (wire 3).
namespace kind {
inline constexpr std::uint8_t open = 0;
inline constexpr std::uint8_t data = 1;
inline constexpr std::uint8_t end = 2;
inline constexpr std::uint8_t cancel = 3;
inline constexpr std::uint8_t highest = 5;
}  // namespace kind

/// Types of RPC messages (wire 5).
namespace type {
inline constexpr std::uint8_t call = 0;
inline constexpr std::uint8_t response = 1;
inline constexpr std::uint8_t event = 2;
}  // namespace type

/// Status bytes of responses (wire 5.2).
namespace status {
inline constexpr std::uint8_t success = 0;
inline constexpr std::uint8_t failed = 1;
inline constexpr std::uint8_t system_error = 2;
inline constexpr std::uint8_t method_not_found = 3;
}  // namespace status

/// Codes of WebSocket Close frames (RFC 6455 section 7.4).
namespace close {
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t no_code = 1005;  ///< stands for a Close without one
inline constexpr std::uint16_t invalid_payload = 1007;
inline constexpr std::uint16_t policy_violation = 1008;
inline constexpr std::uint16_t message_too_big = 1009;
}  // namespace close

}  // namespace trunkline::replay
