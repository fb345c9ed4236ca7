// The room in the query of a URL: `?room=NAME`.
#pragma once

#include <string>
#include <string_view>

namespace trunkline::chat_client {

/// `general` where it names none, and where it is no URL. Any thread, as with_room().
[[nodiscard]] std::string room_of(std::string_view url);

/// The URL with `room` in its query, and all else as it is. `url` is one.
[[nodiscard]] std::string with_room(std::string_view url, std::string_view room);

}  // namespace trunkline::chat_client
