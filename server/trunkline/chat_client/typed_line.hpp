// What a line that a person typed, or a script wrote, asks for.
#pragma once

#include <cstdint>
#include <string_view>

namespace trunkline::chat_client {

enum class wish : std::uint8_t {
    nothing,  ///< a blank line
    say,      ///< `text` to the room
    name,     ///< to be called `text`
    ping,     ///< a pong
    room,     ///< to be in the room `text`
    quit,     ///< the end
};

/// A value; the view is into the line.
struct typed_line {
    wish what = wish::nothing;
    std::string_view text = {};
};

/// Blanks at both ends mean nothing. What begins with a slash and is no command with what it needs
/// behind it is said as it is, as the published clients do. Any thread.
[[nodiscard]] typed_line understand(std::string_view line);

}  // namespace trunkline::chat_client
