// What lies in the files of a history: one value for each message, and one for the file itself
// (FORMAT.md).
#pragma once

#include <trunkline/base/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace trunkline::room_history {

/// What a file says of itself.
struct file_state {
    std::uint64_t generation = 0;  ///< the file with the greater one is written to
    std::uint64_t reserved = 0;    ///< numbers up to it may have been given
    bool is_alone = true;          ///< all that is kept is in this file
};

/// One message, or that one is not kept. The views look at what it was decoded from.
struct kept_value {
    std::uint32_t layout = 0;         ///< of the bytes, as the user of the history counts them
    std::uint64_t number = 0;         ///< of the message
    std::uint64_t wall_clock_us = 0;  ///< when it was said
    std::uint64_t lost_up_to = 0;     ///< number of the last that was kept no more, then
    std::string_view room = {};       ///< up to room_name_size_max
    bytes_view bytes = {};            ///< of the message; empty where it is not kept
};

/// Bytes of the name of a room; of one with a longer name nothing is kept.
inline constexpr std::size_t room_name_size_max = UINT16_MAX;

/// Bytes of a value beside the name of its room and the message.
inline constexpr std::size_t kept_value_head = 1 + 4 + 3 * 8 + 2;

/// In place of what `to` held. Any thread, as all functions here.
void encode(file_state const& state, std::vector<std::byte>& to);
void encode(kept_value const& value, std::vector<std::byte>& to);

/// What a value is; nothing where it is none of ours.
using decoded_value = std::variant<std::monostate, file_state, kept_value>;
[[nodiscard]] decoded_value decode(bytes_view value) noexcept;

/// The key of the file's own value.
inline constexpr std::string_view state_key = "state";

/// The key of a message.
[[nodiscard]] std::string key_of(std::string_view room, std::uint64_t number);

}  // namespace trunkline::room_history
