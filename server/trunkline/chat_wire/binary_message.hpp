// Messages of the fast server: fields of fixed width, little-endian, in one binary frame
// (FORMAT.md, "Binary").
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/chat_wire/message_type.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trunkline::chat_wire {

/// How wide the type is, and from what number on: all else is the same.
enum class binary_layout : std::uint8_t {
    published,  ///< 4 bytes, from 0: what the published programs send
    document,   ///< 1 byte, from 1: what their document describes
};

/// The name of the room that everybody is in who asked for no other.
inline constexpr std::string_view general_room = "general";

/// The views are valid as long as what they were decoded from, or given.
struct binary_message {
    std::uint64_t id = 0;  ///< number of the message, from 1; of a client: any
    message_type type = message_type::chat;
    std::uint64_t user = 0;                ///< connection number of the speaker; 0 for notices
    std::string_view username;             ///< `System` for notices
    bytes_view payload;                    ///< UTF-8 from a server, any bytes from a client
    std::int64_t time_ms = 0;              ///< since 1970 UTC
    std::string_view room = general_room;  ///< where it is said
};

/// A message, and how many of the bytes it took: more may follow, and mean nothing.
struct decoded_binary {
    binary_message message;
    std::size_t size = 0;  ///< in bytes
};

/// Allocates nothing; views into `bytes`. Fails with cut_off, unknown_type, bad_name or bad_room:
/// the first of them, field by field. Safe from any thread, as all functions here.
[[nodiscard]] result<decoded_binary> decode_binary(bytes_view bytes, binary_layout layout);

/// The layout in which `bytes` are a message to exactly their end; `published` where both would do,
/// nothing where neither does.
[[nodiscard]] std::optional<binary_layout> recognise_layout(bytes_view bytes);

/// Bytes of the message with a payload of `payload_size`, in the published layout.
[[nodiscard]] std::size_t binary_size(binary_message const& message, std::size_t payload_size);

/// Writes all but the payload to `to`, of binary_size() bytes, in the published layout, and gives
/// the place for the payload: so it is written once, from wherever it is.
mutable_bytes encode_binary_around(binary_message const& message, std::size_t payload_size,
                                   mutable_bytes to);

/// Where the number lies in an encoded message of either layout, in bytes from its begin.
inline constexpr std::size_t binary_id_offset = 0;

/// The same message in the layout of the document, as three pieces that follow each other, two of
/// them views into `published`, an encoded message. Any thread.
[[nodiscard]] std::array<bytes_view, 3> document_pieces(bytes_view published);

}  // namespace trunkline::chat_wire
