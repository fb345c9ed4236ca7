#include <trunkline/unix_socket/unix_url.hpp>

#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>

#include <sys/un.h>

#include <charconv>
#include <cstddef>
#include <cstring>

namespace trunkline::unix_socket {
namespace {

using transport::transport_error;

static_assert(path_size_max + 1 == sizeof(sockaddr_un::sun_path));

constexpr std::string_view plain_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/";

// The parser has seen that two hexadecimal digits follow each %.
std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%') {
            unsigned char byte = 0;
            std::from_chars(&text[at + 1], &text[at + 1] + 2, byte, 16);
            out += static_cast<char>(byte);
            at += 2;
        } else {
            out += text[at];
        }
    }
    return out;
}

}  // namespace

std::string unix_url::text() const {
    std::string out = is_abstract ? "unix:@" : "unix:";
    for (char const byte : name) {
        if (plain_characters.find(byte) != std::string_view::npos) {
            out += byte;
        } else {
            constexpr std::string_view digits = "0123456789ABCDEF";
            auto const value = static_cast<unsigned char>(byte);
            out.append({'%', digits[value >> 4U], digits[value & 15U]});
        }
    }
    return out;
}

transport::socket_address unix_url::address() const {
    sockaddr_un made{};
    made.sun_family = AF_UNIX;
    // Before an abstract name is a zero byte, and after a path.
    std::memcpy(made.sun_path + (is_abstract ? 1 : 0), name.data(), name.size());
    auto const size = offsetof(sockaddr_un, sun_path) + name.size() + 1;
    return {reinterpret_cast<sockaddr const*>(&made), static_cast<socklen_t>(size)};
}

result<unix_url> parse(std::string_view url) {
    auto const parts = transport::parse_endpoint(url);
    if (!parts || parts->scheme != "unix" || !parts->host.empty() ||
        parts->target.find('?') != std::string::npos) {
        return make_error_code(transport_error::invalid_endpoint);
    }
    unix_url found;
    found.is_abstract = parts->target.starts_with('@');
    found.name = decoded(std::string_view(parts->target).substr(found.is_abstract ? 1 : 0));
    if (found.name.empty() || (!found.is_abstract && found.name.find('\0') != std::string::npos)) {
        return make_error_code(transport_error::invalid_endpoint);
    }
    if (found.name.size() > path_size_max) {
        return make_error_code(transport_error::path_too_long);
    }
    return found;
}

}  // namespace trunkline::unix_socket
