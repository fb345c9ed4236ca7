#include <trunkline/transport/endpoint_url.hpp>

#include <trunkline/transport/error.hpp>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <charconv>

namespace trunkline::transport {
namespace {

constexpr std::size_t url_size_max = 2048;

result<std::uint16_t> parse_port(std::string_view digits) {
    std::uint16_t port = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
        return make_error_code(transport_error::invalid_endpoint);
    }
    return port;
}

std::string host_of(boost::urls::url_view const& url) {
    std::string const host = url.host();
    return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

result<endpoint_url> parse_endpoint(std::string_view text) {
    error_code const invalid = make_error_code(transport_error::invalid_endpoint);
    if (text.size() > url_size_max) {
        return invalid;
    }
    auto const parsed = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
    if (!parsed || parsed->has_userinfo() || parsed->has_fragment()) {
        return invalid;
    }
    endpoint_url endpoint;
    endpoint.scheme = parsed->scheme();
    std::transform(
        endpoint.scheme.begin(), endpoint.scheme.end(), endpoint.scheme.begin(), [](char letter) {
            return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
        });
    endpoint.target = std::string(parsed->encoded_target());
    if (!parsed->has_authority()) {
        return endpoint.target.empty() ? result<endpoint_url>(invalid) : endpoint;
    }
    endpoint.host = host_of(*parsed);
    if (endpoint.host.empty()) {
        return invalid;
    }
    if (endpoint.target.empty() || endpoint.target.front() != '/') {
        endpoint.target.insert(0, 1, '/');
    }
    if (parsed->has_port()) {
        auto const port = parse_port(std::string(parsed->port()));
        if (!port) {
            return port.error();
        }
        endpoint.port = *port;
    }
    return endpoint;
}

result<endpoint_url> parse_tcp_endpoint(std::string_view text, std::string_view scheme) {
    auto endpoint = parse_endpoint(text);
    if (!endpoint || endpoint->scheme != scheme || endpoint->host.empty() || !endpoint->port ||
        endpoint->target != "/") {
        return make_error_code(transport_error::invalid_endpoint);
    }
    return endpoint;
}

}  // namespace trunkline::transport
