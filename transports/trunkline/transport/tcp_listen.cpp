#include <trunkline/transport/tcp_listen.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/last_error.hpp>
#include <trunkline/transport/socket_stream.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <utility>

namespace trunkline::transport {
namespace {

bool set_option(int descriptor, int level, int name) noexcept {
    int const on = 1;
    return ::setsockopt(descriptor, level, name, &on, sizeof on) == 0;
}

// The first of a group binds and starts to listen alone: that fails when anybody else, also
// another group, listens on the port, and nobody can slip in between. Only then does it allow
// others beside it, and they join with the flag set before they bind.
result<listening_socket> open_listening(socket_address const& address, bool first) {
    listening_socket made;
    made.socket = file_descriptor(
        ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    int const descriptor = made.socket.get();
    if (descriptor < 0 || !set_option(descriptor, SOL_SOCKET, SO_REUSEADDR) ||
        (address.family() == AF_INET6 && !set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY)) ||
        (!first && !set_option(descriptor, SOL_SOCKET, SO_REUSEPORT)) ||
        ::bind(descriptor, address.data(), address.size()) != 0 ||
        ::listen(descriptor, accept_backlog) != 0) {
        return last_error();
    }
    probe_link(descriptor);
    made.address = socket_address::local_of(descriptor);
    return made;
}

}  // namespace

result<std::vector<listening_socket>> listen_tcp(socket_address const& address, std::size_t count) {
    TRUNKLINE_ASSERT(count >= 1);
    std::vector<listening_socket> group;
    auto first = open_listening(address, true);
    if (!first) {
        return first.error();
    }
    group.push_back(std::move(*first));
    if (count > 1 && !set_option(group.front().socket.get(), SOL_SOCKET, SO_REUSEPORT)) {
        return last_error();
    }
    while (group.size() < count) {
        auto next = open_listening(group.front().address, false);
        if (!next) {
            return next.error();
        }
        group.push_back(std::move(*next));
    }
    return group;
}

result<listening_group> listen_tcp(endpoint_url const& where, std::size_t count) {
    auto const addresses = socket_address::resolve(where.host, *where.port);
    if (!addresses) {
        return addresses.error();
    }
    auto sockets = listen_tcp(addresses->front(), count);
    if (!sockets) {
        return sockets.error();
    }
    std::string endpoint = where.scheme + "://" + sockets->front().address.text();
    return listening_group{std::move(*sockets), std::move(endpoint)};
}

}  // namespace trunkline::transport
