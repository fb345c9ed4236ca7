// Connects a socket and opens the WebSocket on it.
#pragma once

#include "settings.hpp"

namespace trunkline::load {

/// A connected socket, upgraded, that does not block and sends at once. The caller closes it.
/// Throws std::runtime_error when the server cannot be reached or refuses.
[[nodiscard]] int open_websocket(settings const& of);

}  // namespace trunkline::load
