// The address a server listens on, as a person writes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::server {

struct host_address {
    std::string text;  ///< in its shortest usual form, without brackets
    bool is_v6 = false;
    bool is_loopback = false;
};

/// An IPv4 or IPv6 literal, the latter with or without brackets, or "localhost" for 127.0.0.1.
/// Other names are not looked up: which of their addresses is meant would be a guess.
[[nodiscard]] std::optional<host_address> parse_host(std::string_view text);

/// "127.0.0.1:8080" or "[::1]:8080".
[[nodiscard]] std::string endpoint_text(host_address const& host, std::uint16_t port);

}  // namespace trunkline::server
