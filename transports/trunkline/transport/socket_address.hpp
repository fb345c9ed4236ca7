// An IPv4 or IPv6 address with a port, as the socket calls want it.
#pragma once

#include <trunkline/base/result.hpp>

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::transport {

/// A value: copies freely.
class socket_address {
public:
    socket_address() noexcept = default;

    /// Copies `size` bytes of an address the kernel gave.
    socket_address(sockaddr const* address, socklen_t size) noexcept;

    /// `host` is an IPv4 literal or an IPv6 literal, the latter with or without brackets. Fails
    /// with invalid_endpoint.
    [[nodiscard]] static result<socket_address> parse(std::string_view host, std::uint16_t port);

    /// As parse(), and "localhost" gives 127.0.0.1 and ::1, in this order. Asks no name server;
    /// other names fail with host_not_found.
    [[nodiscard]] static result<std::vector<socket_address>> resolve(std::string_view host,
                                                                     std::uint16_t port);

    /// The local or remote address of a socket; empty when it has none.
    [[nodiscard]] static socket_address local_of(int descriptor) noexcept;
    [[nodiscard]] static socket_address remote_of(int descriptor) noexcept;

    [[nodiscard]] int family() const noexcept { return storage_.ss_family; }
    [[nodiscard]] std::uint16_t port() const noexcept;
    void set_port(std::uint16_t port) noexcept;
    [[nodiscard]] bool is_loopback() const noexcept;

    /// "127.0.0.1:80" or "[::1]:80"; empty text for families other than the two.
    [[nodiscard]] std::string text() const;

    [[nodiscard]] sockaddr const* data() const noexcept;
    [[nodiscard]] socklen_t size() const noexcept { return size_; }

private:
    sockaddr_storage storage_{};
    socklen_t size_ = 0;
};

}  // namespace trunkline::transport
