// Endpoints as people write them: "ws://127.0.0.1:8080/ws", "tcp://[::1]:7000", "memory:name".
#pragma once

#include <trunkline/base/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::transport {

/// The parts of an endpoint. A value.
struct endpoint_url {
    std::string scheme;                 ///< in small letters
    std::string host;                   ///< IPv6 literals without brackets; empty without "//"
    std::optional<std::uint16_t> port;  ///< as given
    /// What follows the host: path and query as written, "/" when there is none. Without "//": all
    /// that follows the colon, such as "name" of "memory:name".
    std::string target;
};

/// Fails with invalid_endpoint: text that is no URL (RFC 3986), no scheme, a host missing after
/// "//", a port that is no number up to 65535, user information, a fragment, or more than 2048
/// bytes.
[[nodiscard]] result<endpoint_url> parse_endpoint(std::string_view text);

/// As parse_endpoint(), of "scheme://host:port" with this `scheme` and nothing behind the port;
/// else invalid_endpoint, too.
[[nodiscard]] result<endpoint_url> parse_tcp_endpoint(std::string_view text,
                                                      std::string_view scheme);

}  // namespace trunkline::transport
