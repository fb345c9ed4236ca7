#include <trunkline/serving/shared_settings.hpp>

#include <trunkline/transport/socket_address.hpp>

namespace trunkline::server {
namespace {

constexpr std::uint64_t connections_most = 100'000'000;

}  // namespace

void add_address(config::setting_list& list, std::string& host, std::uint16_t& port,
                 std::string& port_file) {
    list.push_back({"host", "address to listen on: an IPv4 or IPv6 literal, or localhost",
                    config::words{&host, "ADDRESS"}});
    list.push_back(
        {"port", "port to listen on; 0 picks a free one", config::count_of(port, 0, 65535)});
    list.push_back({"port-file", "write the port here once the server listens",
                    config::words{&port_file, "FILE"}});
}

void add_allow_plain(config::setting_list& list, bool& allow_plain) {
    list.push_back({"allow-plain", "allow unencrypted connections from other machines",
                    config::toggle{&allow_plain}});
}

void add_connections_max(config::setting_list& list, std::size_t& connections_max,
                         std::size_t& connections_per_peer_max) {
    list.push_back({"connections-max",
                    "connections at once; a new one is refused before its handshake",
                    config::count_of(connections_max, 1, connections_most, "auto"), true});
    list.push_back(
        {"connections-per-peer-max",
         "connections at once from one address; a new one is refused before its handshake",
         config::count_of(connections_per_peer_max, 1, connections_most, "off"), true});
}

std::string check_host(std::string const& host, std::uint16_t port, bool allow_plain) {
    auto const found = transport::socket_address::resolve(host, port);
    if (!found) {
        return "--host: \"" + host +
               "\" is not an address; write one such as 127.0.0.1 or ::1, or localhost";
    }
    if (!found->front().is_loopback() && !allow_plain) {
        return "--host " + host +
               " lets other machines in without encryption; add --allow-plain if that is meant, or "
               "stay on 127.0.0.1";
    }
    return {};
}

}  // namespace trunkline::server
