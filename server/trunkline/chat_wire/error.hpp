// Why bytes are no message of the chat.
#pragma once

#include <trunkline/base/result.hpp>

#include <type_traits>

namespace trunkline::chat_wire {

/// What is wrong with a message, and with which of its fields. A server drops such a message and
/// goes on; a client shows it as it came.
enum class chat_error {
    cut_off = 1,    ///< it ends within a field, or a length says more than there is
    unknown_type,   ///< the number of the type is none of those known
    bad_name,       ///< the name of the speaker is not UTF-8
    bad_room,       ///< the name of the room is not UTF-8
    not_an_object,  ///< of the plain server: not JSON, or not an object of four texts
};

/// Any thread.
[[nodiscard]] error_code make_error_code(chat_error error) noexcept;

}  // namespace trunkline::chat_wire

template <>
struct boost::system::is_error_code_enum<trunkline::chat_wire::chat_error> : std::true_type {};
