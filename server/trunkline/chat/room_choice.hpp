// Which room a connection starts in, and behind which message, from the URL that it asked for; and
// the latter of a room that it joins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::chat {

/// A name that a client may give a room: UTF-8 of 1 to room_name_size_max bytes.
[[nodiscard]] bool is_room_name(std::string_view name);

/// That of the first `room=` in the query of `target`, such as "/x?room=tea%20time"; `general` when
/// there is none, or it is no name of a room.
[[nodiscard]] std::string room_of(std::string_view target);

/// That of the first `after=` in the query of `target`; nothing when there is none, or it is none.
[[nodiscard]] std::optional<std::uint64_t> after_of(std::string_view target);

}  // namespace trunkline::chat
