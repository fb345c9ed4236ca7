// Where a web page comes from, as browsers say when the page opens a WebSocket.
#pragma once

#include <trunkline/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::websocket {

/// A web origin, such as "https://example.org" or "http://localhost:3000". A value; equal where the
/// pages of one may act for the other (RFC 6454, section 5).
struct web_origin {
    std::string scheme;      ///< in small letters
    std::string host;        ///< in small letters; IPv6 literals without brackets
    std::uint16_t port = 0;  ///< that of the scheme unless given; 0 where that has none

    friend bool operator==(web_origin const&, web_origin const&) = default;
};

/// Fails with invalid_endpoint for anything else than "scheme://host" or "scheme://host:port", such
/// as a path behind it, "null", or what parse_endpoint() refuses.
[[nodiscard]] result<web_origin> parse_origin(std::string_view text);
/// All of them; fails as soon as one does.
[[nodiscard]] result<std::vector<web_origin>> parse_origins(std::vector<std::string> const& texts);

}  // namespace trunkline::websocket
