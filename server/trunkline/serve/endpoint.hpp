// The places where a server listens: from its options to sockets.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/serve/connection_slot.hpp>
#include <trunkline/serve/options.hpp>
#include <trunkline/transport/socket_acceptor.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::server {

/// What one thread accepts from. Moves, does not copy.
struct served_socket {
    link_kind kind = link_kind::websocket;
    transport::listening_socket socket;
    std::string text;        ///< of its endpoint
    std::string ws_path;     ///< of a WebSocket endpoint
    bool is_secure = false;  ///< "tls:" and "wss:"
};

/// An endpoint that is listened on, with a socket for each thread.
struct served_endpoint {
    std::string text;  ///< as people are told, with the real port
    std::optional<std::uint16_t> port;
    std::vector<served_socket> sockets;
};

/// Where the server is to listen, in order: as people write it, and as asked for when it fails.
[[nodiscard]] std::vector<std::string> endpoints_of(serve_options const& settled);

/// Takes one of them. Fails with what the system or the transport says.
[[nodiscard]] result<served_endpoint> listen_on(serve_options const& settled,
                                                std::string_view endpoint);

/// What is wrong with a URL of --listen, as one line; empty when nothing is.
[[nodiscard]] std::string check_listen(serve_options const& options, std::string_view url);

/// The bits of "0600"; empty when they are none of a file's permissions.
[[nodiscard]] std::optional<std::uint32_t> mode_of(std::string_view text);

}  // namespace trunkline::server
