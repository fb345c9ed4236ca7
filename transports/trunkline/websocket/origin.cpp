#include <trunkline/websocket/origin.hpp>

#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::websocket {
namespace {

std::uint16_t port_of(std::string_view scheme) noexcept {
    return scheme == "http" ? 80 : scheme == "https" ? 443 : 0;
}

char small(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

result<web_origin> parse_origin(std::string_view text) {
    auto parts = transport::parse_endpoint(text);
    bool const ends_with_host = parts && parts->target == "/" && !text.ends_with('/');
    if (!ends_with_host || parts->host.empty()) {
        return make_error_code(transport::transport_error::invalid_endpoint);
    }
    std::ranges::transform(parts->host, parts->host.begin(), small);
    return web_origin{parts->scheme, std::move(parts->host),
                      parts->port.value_or(port_of(parts->scheme))};
}

result<std::vector<web_origin>> parse_origins(std::vector<std::string> const& texts) {
    std::vector<web_origin> all;
    for (std::string const& each : texts) {
        auto made = parse_origin(each);
        if (!made) {
            return made.error();
        }
        all.push_back(std::move(*made));
    }
    return all;
}

}  // namespace trunkline::websocket
