// Messages of the plain server: one JSON object of four texts in one text frame (FORMAT.md,
// "JSON").
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/chat_wire/message_type.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace trunkline::chat_wire {

/// What the plain server says beside the text itself. Valid as long as what the views look at.
struct json_message {
    std::string_view username;               ///< UTF-8
    std::string_view content;                ///< UTF-8
    std::string_view time_of_day;            ///< as of time_of_day(), but any text is taken
    message_type type = message_type::chat;  ///< chat, join, leave or system
    bool has_number = false;  ///< a fifth field, with a place for a number (json_number_digits)
};

/// The same, as a client reads it: texts of its own.
struct read_json_message {
    std::string username;                    ///< who speaks
    std::string content;                     ///< what is said
    std::string time_of_day;                 ///< when, as the server says it
    message_type type = message_type::chat;  ///< chat, join, leave or system
    std::uint64_t number = 0;                ///< of the message; 0: none is said
};

/// Bytes of the place for a number: digits at its end, blanks before them.
inline constexpr std::size_t json_number_digits = 20;

/// Where that place lies in an encoded message of `size` bytes that has a number.
[[nodiscard]] constexpr std::size_t json_number_offset(std::size_t size) noexcept {
    return size - json_number_digits - 1;
}

/// Bytes that the object takes. Any thread, as all functions here.
[[nodiscard]] std::size_t json_size(json_message const& message);

/// Writes the object to `to`, of json_size() bytes: keys in their order, no blanks, escapes of the
/// published server only. A number is 0.
void encode_json(json_message const& message, mutable_bytes to);

/// Keys may come in any order, and others beside them; of equal ones the last counts. Fails with
/// not_an_object where one of the four is missing, is no text or names no type, and where `text` is
/// no JSON.
[[nodiscard]] result<read_json_message> decode_json(std::string_view text);

/// `HH:MM:SS` for the time since midnight, of whatever zone.
[[nodiscard]] std::array<char, 8> time_of_day(std::chrono::seconds since_midnight);

}  // namespace trunkline::chat_wire
