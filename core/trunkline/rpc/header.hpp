// The fixed part of an RPC message's head (FORMAT.md, "Head"); the metadata follows it.
#pragma once

#include <trunkline/base/bytes.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace trunkline::rpc {

inline constexpr std::size_t type_offset = 0;            ///< in bytes
inline constexpr std::size_t request_id_offset = 1;      ///< in bytes
inline constexpr std::size_t method_id_offset = 5;       ///< in bytes
inline constexpr std::size_t metadata_size_offset = 13;  ///< in bytes
inline constexpr std::size_t header_size = 15;           ///< bytes

inline constexpr std::size_t metadata_size_max = 65535;  ///< bytes: what its field can say

/// Encoded arguments of this size and above travel as payload, smaller ones as metadata.
inline constexpr std::size_t payload_arguments_size_min = 65536;

/// Request ids and stream ids that the accepting side allocates have this bit set, those of the
/// connecting side do not.
inline constexpr std::uint32_t acceptor_id_bit = 0x8000'0000;

/// What a message is.
enum class message_type : std::uint8_t { call = 0, response = 1, event = 2 };
inline constexpr std::uint8_t message_type_max = 2;  ///< the highest type that is known

/// Status byte of a response; open to unknown numbers (which count as success, FORMAT.md "Status").
enum class status : std::uint8_t {
    success = 0,
    failed = 1,
    system_error = 2,
    method_not_found = 3
};

/// `type_byte` stays a plain number: types above message_type_max exist on the wire and are refused
/// by the session.
struct header {
    std::uint8_t type_byte = 0;       ///< what the message is; open to numbers that are not known
    std::uint32_t request_id = 0;     ///< of who made the call
    std::uint64_t method_id = 0;      ///< hash of the name of the method
    std::uint16_t metadata_size = 0;  ///< bytes behind this header
};

/// Little-endian (FORMAT.md).
[[nodiscard]] std::array<std::byte, header_size> encode_header(header const& fields) noexcept;

/// `from` holds at least header_size bytes. Never fails.
[[nodiscard]] header decode_header(bytes_view from) noexcept;

/// The status a response's metadata stands for: its first byte; none, or a number without meaning,
/// is success.
[[nodiscard]] status decode_status(bytes_view metadata) noexcept;

}  // namespace trunkline::rpc
