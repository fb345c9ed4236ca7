#include <trunkline/serve/host.hpp>

#include <boost/asio/ip/address.hpp>

namespace trunkline::server {

std::optional<host_address> parse_host(std::string_view text) {
    if (text == "localhost") {
        text = "127.0.0.1";
    }
    bool const bracketed = text.size() > 2 && text.starts_with('[') && text.ends_with(']');
    if (bracketed) {
        text = text.substr(1, text.size() - 2);
    }
    boost::system::error_code fault;
    auto const address = boost::asio::ip::make_address(std::string(text), fault);
    if (fault || (bracketed && !address.is_v6())) {
        return std::nullopt;
    }
    return host_address{address.to_string(), address.is_v6(), address.is_loopback()};
}

std::string endpoint_text(host_address const& host, std::uint16_t port) {
    std::string const address = host.is_v6 ? "[" + host.text + "]" : host.text;
    return address + ":" + std::to_string(port);
}

}  // namespace trunkline::server
