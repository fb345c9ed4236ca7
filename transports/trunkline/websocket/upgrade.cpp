#include <trunkline/websocket/upgrade.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/websocket/upgrade_key.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace trunkline::websocket {

namespace {

namespace http = boost::beast::http;
using boost::beast::iequals;

std::string http_date(std::uint64_t wall_clock_us) {
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    auto const seconds = static_cast<std::time_t>(wall_clock_us / 1'000'000);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    std::array<char, 64> text{};
    int const size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                                   months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
                                   utc.tm_hour, utc.tm_min, utc.tm_sec);
    return {text.data(), static_cast<std::size_t>(size)};
}

/// True when a field of this name lists `token`, over all lines of the name.
bool lists_token(http::fields const& fields, http::field name, std::string_view token) {
    auto const [first, last] = fields.equal_range(name);
    return std::any_of(first, last, [&](auto const& line) {
        http::token_list const list{line.value()};
        return std::any_of(list.begin(), list.end(),
                           [&](auto const& each) { return iequals(each, token); });
    });
}

/// The same for tokens whose case counts.
bool lists_exactly(http::fields const& fields, http::field name, std::string_view token) {
    auto const [first, last] = fields.equal_range(name);
    return std::any_of(first, last, [&](auto const& line) {
        http::token_list const list{line.value()};
        return std::any_of(list.begin(), list.end(),
                           [&](auto const& each) { return std::string_view(each) == token; });
    });
}

/// A request that says where its page comes from says it once, and it is one of these.
bool is_let_in(http::fields const& fields, std::vector<web_origin> const& origins) {
    std::size_t const given = fields.count(http::field::origin);
    if (origins.empty() || given == 0) {
        return true;
    }
    auto const origin = parse_origin(fields[http::field::origin]);
    return given == 1 && origin &&
           std::find(origins.begin(), origins.end(), *origin) != origins.end();
}

/// All lines of the field as one list.
std::string extensions_of(http::fields const& fields) {
    std::string joined;
    auto const [first, last] = fields.equal_range(http::field::sec_websocket_extensions);
    for (auto line = first; line != last; ++line) {
        joined += ',';
        joined += std::string_view(line->value());
    }
    return joined;
}

template <bool is_request>
bool parse(std::string const& head, http::parser<is_request, http::empty_body>& parser,
           boost::beast::error_code& error) {
    parser.eager(false);
    parser.header_limit(static_cast<std::uint32_t>(head.size() + 1));
    parser.body_limit(boost::none);
    if constexpr (!is_request) {
        parser.skip(true);
    }
    parser.put(boost::asio::buffer(head), error);
    return !error && parser.is_header_done();
}

class upgrade_category final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "trunkline.websocket.upgrade"; }

    std::string message(int value) const override {
        switch (static_cast<upgrade_error>(value)) {
            case upgrade_error::malformed_response:
                return "the answer to the upgrade is not HTTP/1.1";
            case upgrade_error::response_too_large:
                return "the head of the answer to the upgrade is above the limit";
            case upgrade_error::not_switching:
                return "the server did not switch to WebSocket";
            case upgrade_error::wrong_upgrade:
                return "the server switched to another protocol";
            case upgrade_error::wrong_accept_key:
                return "the server's answer to the handshake key is wrong";
            case upgrade_error::unasked_extension:
                return "the server chose an extension that was not offered";
            case upgrade_error::unasked_protocol:
                return "the server chose a subprotocol that was not offered";
            case upgrade_error::unavailable:
                return "the server cannot switch to WebSocket now";
        }
        return "unknown upgrade error";
    }

    boost::system::error_condition default_error_condition(int) const noexcept override {
        auto const family = make_error_code(transport::transport_error::handshake_refused);
        return {family.value(), family.category()};
    }
};

}  // namespace

error_code make_error_code(upgrade_error error) noexcept {
    static upgrade_category const category;
    return {static_cast<int>(error), category};
}

/// A status with its text, or status 0 for none; `field` is a further header line.
struct server_upgrade::refusal {
    unsigned status = 0;
    std::string_view text;
    std::string_view field;
};

upgrade_state server_upgrade::feed(bytes_view& input, websocket_limits const& limits,
                                   std::uint64_t wall_clock_us) {
    switch (head_.feed(input, limits)) {
        case head_state::more:
            return upgrade_state::more;
        case head_state::malformed:
            refuse(400, "malformed request head", wall_clock_us);
            return upgrade_state::refused;
        case head_state::too_large:
            refuse(431, "request head too large", wall_clock_us);
            return upgrade_state::refused;
        case head_state::complete:
            break;
    }
    return answer(wall_clock_us);
}

upgrade_state server_upgrade::answer(std::uint64_t wall_clock_us) {
    refusal const found = check();
    if (found.status == 200) {
        respond(found.status, page_.type, page_.text, wall_clock_us);
        return upgrade_state::refused;
    }
    if (found.status != 0) {
        refuse(found.status, found.text, wall_clock_us);
        if (!found.field.empty() && !response_.empty()) {
            response_.insert(response_.find("\r\n") + 2, std::string(found.field) + "\r\n");
        }
        return upgrade_state::refused;
    }
    // The published server's answer, field for field.
    response_ = "HTTP/1.1 101 Switching Protocols\r\nconnection: " +
                std::string(options_.connection_field) +
                "\r\nupgrade: websocket\r\nsec-websocket-accept: " + accept_key_for(key_) + "\r\n";
    if (deflate_.agreed) {
        response_ += "sec-websocket-extensions: " + deflate_.answer + "\r\n";
    }
    if (subprotocol_) {
        response_ += "sec-websocket-protocol: " + std::string(options_.subprotocol) + "\r\n";
    }
    if (options_.send_date) {
        response_ += "date: " + http_date(wall_clock_us) + "\r\n";
    }
    response_ += "\r\n";
    return upgrade_state::accepted;
}

// In the published server's order: path, method, version, then the fields.
server_upgrade::refusal server_upgrade::check() {
    http::request_parser<http::empty_body> parser;
    boost::beast::error_code error;
    if (!parse(head_.text(), parser, error)) {
        return error == http::error::bad_version ? refusal{505, "only HTTP/1.1 is spoken here", {}}
                                                 : refusal{400, "malformed request head", {}};
    }
    auto const& request = parser.get();
    std::string_view const target = request.target();
    bool const only_looks =
        request.method() == http::verb::get && request.count(http::field::upgrade) == 0;
    if (auto found = only_looks && options_.pages ? options_.pages(target) : std::nullopt) {
        page_ = std::move(*found);
        return {200, {}, {}};
    }
    std::string_view const path = target.substr(0, target.find('?'));
    auto const& paths = options_.paths;
    auto const found = std::find(paths.begin(), paths.end(), path);
    if ((found == paths.end() && !paths.empty()) || !target.starts_with('/')) {
        return {404, {}, {}};
    }
    if (request.method() != http::verb::get) {
        return {405, {}, "allow: GET,HEAD"};
    }
    if (request.version() != 11) {
        return {426, "WebSocket request couldn't be upgraded since no upgrade state was present",
                "upgrade: websocket"};
    }
    std::size_t const hosts = request.count(http::field::host);
    if (hosts > 1 || (options_.host_required && request[http::field::host].empty())) {
        return {400, "exactly one Host header is needed", {}};
    }
    std::string_view const length = request[http::field::content_length];
    if (request.count(http::field::transfer_encoding) > 0 ||
        request.count(http::field::content_length) > 1 ||
        length.find_first_not_of('0') != std::string_view::npos) {
        return {400, "an upgrade has no body", {}};
    }
    if (!lists_token(request, http::field::connection, "upgrade")) {
        return {400, "Connection header did not include 'upgrade'", {}};
    }
    if (!lists_token(request, http::field::upgrade, "websocket")) {
        return {400, "`Upgrade` header did not include 'websocket'", {}};
    }
    if (request.count(http::field::sec_websocket_version) != 1 ||
        request[http::field::sec_websocket_version] != "13") {
        return {400, "`Sec-WebSocket-Version` header did not include '13'",
                "sec-websocket-version: 13"};
    }
    std::size_t const keys = request.count(http::field::sec_websocket_key);
    if (keys == 0) {
        return {400, "`Sec-WebSocket-Key` header missing", {}};
    }
    key_ = request[http::field::sec_websocket_key];
    if (keys > 1 || !is_upgrade_key(key_)) {
        return {400, "`Sec-WebSocket-Key` header is not base64 of 16 bytes", {}};
    }
    if (!is_let_in(request, options_.origins)) {
        return {403, "web pages of this origin are not let in", {}};
    }
    if (options_.deflate) {
        auto chosen = choose_deflate(extensions_of(request));
        if (!chosen) {
            return {400, "malformed `Sec-WebSocket-Extensions` header", {}};
        }
        deflate_ = std::move(*chosen);
    }
    subprotocol_ =
        !options_.subprotocol.empty() &&
        lists_exactly(request, http::field::sec_websocket_protocol, options_.subprotocol);
    path_index_ = paths.empty() ? 0 : static_cast<std::size_t>(found - paths.begin());
    target_ = target;
    return {};
}

void server_upgrade::refuse(unsigned status, std::string_view text, std::uint64_t wall_clock_us) {
    if (options_.answers_refusals) {
        respond(status, "text/plain", text, wall_clock_us);
    }
}

void server_upgrade::respond(unsigned status, std::string_view type, std::string_view text,
                             std::uint64_t wall_clock_us) {
    std::string_view const reason = http::obsolete_reason(static_cast<http::status>(status));
    response_ = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason) + "\r\n";
    if (!text.empty()) {
        response_ += "content-type: " + std::string(type) + "; charset=utf-8\r\n";
    }
    response_ += "content-length: " + std::to_string(text.size()) + "\r\nconnection: close\r\n";
    if (options_.send_date) {
        response_ += "date: " + http_date(wall_clock_us) + "\r\n";
    }
    response_ += "\r\n";
    response_ += text;
}

client_upgrade::client_upgrade(ws_url const& url, std::span<std::byte const, 16> key, bool deflate,
                               std::string_view subprotocol)
    : offers_deflate_(deflate), subprotocol_(subprotocol) {
    std::string const text = encode_upgrade_key(key);
    accept_key_ = accept_key_for(text);
    // The published clients' request, field for field.
    request_ = "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority +
               "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: " +
               text + "\r\n";
    if (deflate) {
        request_ += "Sec-WebSocket-Extensions: " + std::string(deflate_offer) + "\r\n";
    }
    if (!subprotocol.empty()) {
        request_ += "Sec-WebSocket-Protocol: " + std::string(subprotocol) + "\r\n";
    }
    request_ += "\r\n";
}

upgrade_state client_upgrade::feed(bytes_view& input, websocket_limits const& limits) {
    switch (head_.feed(input, limits)) {
        case head_state::more:
            return upgrade_state::more;
        case head_state::malformed:
            error_ = upgrade_error::malformed_response;
            break;
        case head_state::too_large:
            error_ = upgrade_error::response_too_large;
            break;
        case head_state::complete:
            error_ = check();
            break;
    }
    return error_.failed() ? upgrade_state::refused : upgrade_state::accepted;
}

error_code client_upgrade::check() {
    http::response_parser<http::empty_body> parser;
    boost::beast::error_code error;
    if (!parse(head_.text(), parser, error) || parser.get().version() != 11) {
        return upgrade_error::malformed_response;
    }
    auto const& response = parser.get();
    status_ = response.result_int();
    if (status_ != 101) {
        bool const later = status_ == 408 || status_ == 425 || status_ == 429 || status_ / 100 == 5;
        return later ? upgrade_error::unavailable : upgrade_error::not_switching;
    }
    if (!lists_token(response, http::field::connection, "upgrade") ||
        !lists_token(response, http::field::upgrade, "websocket")) {
        return upgrade_error::wrong_upgrade;
    }
    if (response.count(http::field::sec_websocket_accept) != 1 ||
        response[http::field::sec_websocket_accept] != accept_key_) {
        return upgrade_error::wrong_accept_key;
    }
    if (response.count(http::field::sec_websocket_extensions) > 0) {
        auto const agreed = read_deflate_answer(extensions_of(response));
        if (!offers_deflate_ || !agreed) {
            return upgrade_error::unasked_extension;
        }
        deflate_ = *agreed;
    }
    if (response.count(http::field::sec_websocket_protocol) > 0) {
        has_subprotocol_ = !subprotocol_.empty() &&
                           response.count(http::field::sec_websocket_protocol) == 1 &&
                           response[http::field::sec_websocket_protocol] == subprotocol_;
        if (!has_subprotocol_) {
            return upgrade_error::unasked_protocol;
        }
    }
    return {};
}

}  // namespace trunkline::websocket
