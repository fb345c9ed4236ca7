// The settings that every server of the program has: where it listens, and whom it lets in.
#pragma once

#include <trunkline/config/setting.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace trunkline::server {

/// --host, --port and --port-file.
void add_address(config::setting_list& list, std::string& host, std::uint16_t& port,
                 std::string& port_file);

/// --allow-plain.
void add_allow_plain(config::setting_list& list, bool& allow_plain);

/// --connections-max, where 0 is made a number by fit_connections(), and
/// --connections-per-peer-max.
void add_connections_max(config::setting_list& list, std::size_t& connections_max,
                         std::size_t& connections_per_peer_max);

/// One line that says what is wrong with listening there, else nothing: it is no address, or lets
/// other machines in without encryption while `allow_plain` is off.
[[nodiscard]] std::string check_host(std::string const& host, std::uint16_t port, bool allow_plain);

}  // namespace trunkline::server
