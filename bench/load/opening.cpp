#include "opening.hpp"

#include <trunkline/websocket/upgrade.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

namespace trunkline::load {

namespace {

[[noreturn]] void fail(std::string const& what) {
    throw std::system_error(errno, std::system_category(), what);
}

int connect_to(settings const& of) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* first = nullptr;
    if (::getaddrinfo(of.host.c_str(), std::to_string(of.port).c_str(), &hints, &first) != 0) {
        throw std::runtime_error("not an address: " + of.host);
    }
    std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> const found(first, &::freeaddrinfo);
    int const made = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) {
        fail("socket");
    }
    if (::connect(made, found->ai_addr, found->ai_addrlen) != 0) {
        int const fault = errno;
        ::close(made);
        errno = fault;
        fail("cannot connect to port " + std::to_string(of.port));
    }
    return made;
}

/// Sends the request for the upgrade and reads to the end of the answer, byte by byte, so that
/// nothing of what follows is lost.
void upgrade(int socket, settings const& of) {
    std::string const authority = of.host + ":" + std::to_string(of.port);
    std::array<std::byte, 16> key{};
    websocket::client_upgrade opening({of.host, of.port, authority, of.path}, key);
    std::string const& request = opening.request();
    if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
        fail("cannot ask for a WebSocket");
    }
    for (;;) {
        std::byte one{};
        if (::recv(socket, &one, 1, 0) != 1) {
            throw std::runtime_error("the server ends connections instead of upgrading them");
        }
        bytes_view input(&one, 1);
        switch (opening.feed(input, {})) {
            case websocket::upgrade_state::more:
                break;
            case websocket::upgrade_state::accepted:
                return;
            case websocket::upgrade_state::refused:
                throw std::runtime_error("no WebSocket at " + of.path + ": " +
                                         opening.error().message());
        }
    }
}

}  // namespace

int open_websocket(settings const& of) {
    int const made = connect_to(of);
    try {
        upgrade(made, of);
    } catch (...) {
        ::close(made);
        throw;
    }
    int const on = 1;
    ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(made, F_SETFL, ::fcntl(made, F_GETFL) | O_NONBLOCK);
    return made;
}

}  // namespace trunkline::load
