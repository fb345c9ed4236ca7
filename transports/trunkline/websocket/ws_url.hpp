// What a WebSocket client needs of its URL: ws:// or wss://HOST[:PORT]/PATH[?QUERY], IPv6 literals
// in brackets.
#pragma once

#include <trunkline/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace trunkline::websocket {

/// The parts of a "ws://host:port/path", or of a "wss:" one.
struct ws_url {
    std::string host;         ///< to be resolved or parsed as an address: without brackets
    std::uint16_t port = 80;  ///< 80 where the URL has none, 443 with "wss:"
    std::string authority;    ///< for the Host field: brackets where needed, port unless that one
    std::string target;       ///< path and query, "/" where the URL has none
    bool secure = false;      ///< "wss:"
};

/// Fails with transport_error::invalid_endpoint: what parse_endpoint() refuses, another scheme, and
/// hosts with characters that no host name or address has.
[[nodiscard]] result<ws_url> parse_ws_url(std::string_view text);

}  // namespace trunkline::websocket
