#include <trunkline/websocket/ws_url.hpp>

#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>

namespace trunkline::websocket {

namespace {

constexpr std::string_view host_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:";

}  // namespace

result<ws_url> parse_ws_url(std::string_view text) {
    auto parsed = transport::parse_endpoint(text);
    if (!parsed) {
        return parsed.error();
    }
    // The parser decodes %XX, and the host goes into a header line.
    bool const secure = parsed->scheme == "wss";
    if ((parsed->scheme != "ws" && !secure) || parsed->host.empty() ||
        parsed->host.find_first_not_of(host_characters) != std::string::npos) {
        return make_error_code(transport::transport_error::invalid_endpoint);
    }
    ws_url out;
    out.host = std::move(parsed->host);
    std::uint16_t const usual = secure ? 443 : 80;
    out.secure = secure;
    out.port = parsed->port.value_or(usual);
    out.target = std::move(parsed->target);
    bool const bracketed = out.host.find(':') != std::string::npos;
    out.authority = bracketed ? "[" + out.host + "]" : out.host;
    if (out.port != usual) {
        out.authority += ":" + std::to_string(out.port);
    }
    return out;
}

}  // namespace trunkline::websocket
