// Everything `trunkline serve` can be told, as plain values with their defaults.
#pragma once

#include <trunkline/base/limits.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace trunkline::server {

struct serve_options {
    std::string file;                  ///< the store
    std::string alignment = "detect";  ///< of the store, a word of --alignment
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;        ///< 0 picks a free one
    std::vector<std::string> listen;  ///< URLs
    bool listens_by_default = true;   ///< on host and port
    std::string tls_cert;             ///< PEM files; empty: there is no "tls:" and no "wss:"
    std::string tls_key;
    std::string tls_client_ca;       ///< empty: clients show nothing
    std::string unix_mode = "0600";  ///< of socket files, as of chmod(1)
    std::string port_file;           ///< empty: none
    std::string ws_path = "/ws";
    std::string echo_path;                  ///< empty: no echo endpoint
    std::vector<std::string> allow_origin;  ///< of web pages; empty: all
    bool deflate = false;                   ///< accept offers of permessage-deflate
    /// "on" or "off": whether clients that ask for the extension (extension/FORMAT.md) get it
    std::string extension = "on";
    std::size_t threads = 0;  ///< 0: one per core
    bool allow_plain = false;
    std::string durability = "os";  ///< one of store::durability_names

    std::size_t connections_max = 0;           ///< 0: as many as descriptors allow
    std::size_t connections_per_peer_max = 0;  ///< per address; 0: no limit
    std::chrono::milliseconds drain_timeout{5'000};
    session_limits session;
    connection_limits connection;
    websocket_limits websocket;  ///< its sizes of messages and frames follow message_size_max
    bitcode_limits bitcode;
};

}  // namespace trunkline::server
