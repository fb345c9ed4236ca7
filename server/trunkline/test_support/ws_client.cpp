#include <trunkline/test_support/ws_client.hpp>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace trunkline::test_support {
namespace {

int connect_to(std::string const& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
        throw std::runtime_error("not an address: " + host);
    }
    int const made = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int const done = ::connect(made, found->ai_addr, found->ai_addrlen);
    int const fault = errno;
    ::freeaddrinfo(found);
    if (done != 0) {
        ::close(made);
        throw std::system_error(fault, std::system_category(), "connect");
    }
    timeval const patience{60, 0};
    ::setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return made;
}

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t number = 0;
    for (char const one : bytes) {
        number = number << 8 | static_cast<unsigned char>(one);
    }
    return number;
}

std::string big_endian(std::uint64_t number, int size) {
    std::string bytes;
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
        bytes += static_cast<char>(number >> shift & 0xff);
    }
    return bytes;
}

}  // namespace

int ws_frame::close_code() const {
    return opcode == ws_close && payload.size() >= 2
               ? static_cast<int>(big_endian(std::string_view(payload).substr(0, 2)))
               : 0;
}

tcp_client::tcp_client(std::string const& host, std::uint16_t port)
    : socket_(connect_to(host, port)) {}

tcp_client::~tcp_client() {
    ::close(socket_);
}

void tcp_client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t const sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            throw std::system_error(errno, std::system_category(), "send");
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool tcp_client::fill() {
    std::array<char, 65536> bytes{};
    ssize_t const size = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (size < 0 && errno == EAGAIN) {
        throw std::runtime_error("the server sends nothing, and does not close");
    }
    ahead_.append(bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    return size > 0;
}

std::string tcp_client::receive(std::size_t size) {
    while (ahead_.size() < size && fill()) {
    }
    std::string const taken = ahead_.substr(0, size);
    ahead_.erase(0, taken.size());
    return taken;
}

std::string tcp_client::receive_through(std::string_view end) {
    while (ahead_.find(end) == ahead_.npos && fill()) {
    }
    std::size_t const found = ahead_.find(end);
    return receive(found == ahead_.npos ? ahead_.size() : found + end.size());
}

ws_client::ws_client(std::string const& host, std::uint16_t port, std::string const& path)
    : link_(host, port) {
    link_.send("GET " + path +
               " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    std::string const head = link_.receive_through("\r\n\r\n");
    if (!head.starts_with("HTTP/1.1 101 ") ||
        head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == head.npos) {
        throw std::runtime_error(head);
    }
}

std::string ws_client::frame(std::uint8_t opcode, std::string_view payload) {
    constexpr std::array<char, 4> mask{0x12, 0x34, 0x56, 0x78};
    std::string bytes(1, static_cast<char>(0x80 | opcode));
    if (payload.size() < 126) {
        bytes += static_cast<char>(0x80 | payload.size());
    } else if (payload.size() < 65536) {
        bytes += static_cast<char>(0x80 | 126);
        bytes += big_endian(payload.size(), 2);
    } else {
        bytes += static_cast<char>(0x80 | 127);
        bytes += big_endian(payload.size(), 8);
    }
    bytes.append(mask.data(), mask.size());
    std::size_t const head_size = bytes.size();
    bytes += payload;
    char* const masked = bytes.data() + head_size;
    for (std::size_t i = 0; i < payload.size(); ++i) {
        masked[i] = static_cast<char>(masked[i] ^ mask[i % 4]);
    }
    return bytes;
}

void ws_client::send(std::uint8_t opcode, std::string_view payload) {
    link_.send(frame(opcode, payload));
}

ws_frame ws_client::receive() {
    for (;;) {
        std::string const head = link_.receive(2);
        if (head.size() < 2) {
            return {};
        }
        auto const first = static_cast<std::uint8_t>(head[0]);
        std::uint64_t size = static_cast<std::uint8_t>(head[1]);
        if ((first & 0x80) == 0 || size > 127) {
            throw std::runtime_error("a fragment, or a masked frame, from a server");
        }
        if (size > 125) {
            size = big_endian(link_.receive(size == 126 ? 2 : 8));
        }
        ws_frame const got{static_cast<std::uint8_t>(first & 0x0f), link_.receive(size)};
        if (got.opcode != ws_ping && got.opcode != ws_pong) {
            return got;
        }
    }
}

ws_frame ws_client::close(std::uint16_t code) {
    send(ws_close, big_endian(code, 2));
    return receive();
}

}  // namespace trunkline::test_support
