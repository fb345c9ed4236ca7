#include <trunkline/transport/socket_address.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/transport/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <bit>
#include <cstring>

namespace trunkline::transport {
namespace {

namespace ip = boost::asio::ip;

std::uint16_t network_order(std::uint16_t number) noexcept {
    return htons(number);
}

socket_address make_address(ip::address const& host, std::uint16_t port) {
    if (host.is_v4()) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = network_order(port);
        auto const bytes = host.to_v4().to_bytes();
        std::memcpy(&address.sin_addr, bytes.data(), bytes.size());
        return {reinterpret_cast<sockaddr const*>(&address), sizeof address};
    }
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = network_order(port);
    auto const bytes = host.to_v6().to_bytes();
    std::memcpy(&address.sin6_addr, bytes.data(), bytes.size());
    address.sin6_scope_id = static_cast<std::uint32_t>(host.to_v6().scope_id());
    return {reinterpret_cast<sockaddr const*>(&address), sizeof address};
}

}  // namespace

socket_address::socket_address(sockaddr const* address, socklen_t size) noexcept : size_(size) {
    TRUNKLINE_ASSERT(size <= sizeof storage_);
    std::memcpy(&storage_, address, size);
}

result<socket_address> socket_address::parse(std::string_view host, std::uint16_t port) {
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
        if (host.find(':') == std::string_view::npos) {
            return make_error_code(transport_error::invalid_endpoint);
        }
    }
    error_code error;
    ip::address const address = ip::make_address(std::string(host), error);
    if (error) {
        return make_error_code(transport_error::invalid_endpoint);
    }
    return make_address(address, port);
}

result<std::vector<socket_address>> socket_address::resolve(std::string_view host,
                                                            std::uint16_t port) {
    if (host == "localhost") {
        return std::vector{make_address(ip::address_v4::loopback(), port),
                           make_address(ip::address_v6::loopback(), port)};
    }
    auto const address = parse(host, port);
    if (!address) {
        return make_error_code(boost::asio::error::host_not_found);
    }
    return std::vector{*address};
}

socket_address socket_address::local_of(int descriptor) noexcept {
    socket_address address;
    address.size_ = sizeof address.storage_;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address.storage_), &address.size_) !=
        0) {
        return {};
    }
    return address;
}

socket_address socket_address::remote_of(int descriptor) noexcept {
    socket_address address;
    address.size_ = sizeof address.storage_;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&address.storage_), &address.size_) !=
        0) {
        return {};
    }
    return address;
}

std::uint16_t socket_address::port() const noexcept {
    // The port stands at the same place in both families.
    static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
    return ntohs(reinterpret_cast<sockaddr_in const*>(&storage_)->sin_port);
}

void socket_address::set_port(std::uint16_t port) noexcept {
    reinterpret_cast<sockaddr_in*>(&storage_)->sin_port = network_order(port);
}

bool socket_address::is_loopback() const noexcept {
    if (family() == AF_INET) {
        auto const* address = reinterpret_cast<sockaddr_in const*>(&storage_);
        return (ntohl(address->sin_addr.s_addr) >> 24U) == 127;
    }
    if (family() == AF_INET6) {
        auto const* address = reinterpret_cast<sockaddr_in6 const*>(&storage_);
        ip::address_v6::bytes_type bytes;
        std::memcpy(bytes.data(), &address->sin6_addr, bytes.size());
        ip::address_v6 const host(bytes);
        return host.is_loopback() ||
               (host.is_v4_mapped() && ip::make_address_v4(ip::v4_mapped, host).is_loopback());
    }
    return false;
}

std::string socket_address::text() const {
    if (family() != AF_INET && family() != AF_INET6) {
        return {};
    }
    std::array<char, INET6_ADDRSTRLEN> host{};
    void const* bytes =
        family() == AF_INET
            ? static_cast<void const*>(&reinterpret_cast<sockaddr_in const*>(&storage_)->sin_addr)
            : &reinterpret_cast<sockaddr_in6 const*>(&storage_)->sin6_addr;
    inet_ntop(family(), bytes, host.data(), host.size());
    std::string const plain = host.data();
    return (family() == AF_INET ? plain : "[" + plain + "]") + ":" + std::to_string(port());
}

sockaddr const* socket_address::data() const noexcept {
    return reinterpret_cast<sockaddr const*>(&storage_);
}

}  // namespace trunkline::transport
