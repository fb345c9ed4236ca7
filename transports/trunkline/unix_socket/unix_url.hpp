// "unix:/path" and "unix:@name" as people write them, and as the system wants them.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/transport/socket_address.hpp>

#include <string>
#include <string_view>

namespace trunkline::unix_socket {

/// Bytes of a path or of an abstract name that the system has room for (sun_path, unix(7)).
inline constexpr std::size_t path_size_max = 107;

/// A socket file, or a name in the abstract namespace of Linux, which is no file and goes with its
/// listener. A value.
struct unix_url {
    std::string name;          ///< the path, maybe relative; of an abstract one what follows the @
    bool is_abstract = false;  ///< the URL has an @

    /// The URL again, with %XX for what does not stand in one.
    [[nodiscard]] std::string text() const;

    [[nodiscard]] transport::socket_address address() const;
};

/// Bytes that do not stand in a URL are written as %XX. Fails with path_too_long, and with
/// invalid_endpoint for another scheme, an empty name, a host, a query, and a NUL in a path.
[[nodiscard]] result<unix_url> parse(std::string_view url);

}  // namespace trunkline::unix_socket
