// The key and its answer in the WebSocket handshake (RFC 6455 section 4.2.2).
#pragma once

#include <trunkline/base/bytes.hpp>

#include <span>
#include <string>
#include <string_view>

namespace trunkline::websocket {

/// True for the base64 of exactly 16 bytes, in its one canonical form.
[[nodiscard]] bool is_upgrade_key(std::string_view key) noexcept;

/// The base64 of 16 bytes.
[[nodiscard]] std::string encode_upgrade_key(std::span<std::byte const, 16> bytes);

/// What a server answers to `key`: base64 of SHA-1 of the key and the protocol's own number.
[[nodiscard]] std::string accept_key_for(std::string_view key);

}  // namespace trunkline::websocket
