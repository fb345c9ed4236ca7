// The client's side of the upgrade.
#include <trunkline/websocket/upgrade.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/websocket/upgrade_key.hpp>
#include <trunkline/websocket/ws_url.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::websocket {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::string_literals;

std::array<std::byte, 16> sample_key() {
    std::array<std::byte, 16> key{};
    auto const text = as_bytes("the sample nonce");
    std::copy(text.begin(), text.end(), key.begin());
    return key;
}

std::string const good_response =
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    "date: Sat, 21 Nov 2026 04:17:02 GMT\r\n\r\n";

std::string response_with(std::string_view from, std::string_view to) {
    std::string out = good_response;
    std::size_t const at = out.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return out.replace(at, from.size(), to);
}

error_code dial(std::string_view response, std::size_t step, std::string* rest = nullptr) {
    client_upgrade upgrade(*parse_ws_url("ws://x/ws"), sample_key());
    auto state = upgrade_state::more;
    while (!response.empty() && state == upgrade_state::more) {
        bytes_view part = as_bytes(response.substr(0, step));
        std::size_t const given = part.size();
        state = upgrade.feed(part, {});
        response.remove_prefix(given - part.size());
    }
    if (rest != nullptr) {
        *rest = response;
    }
    EXPECT_EQ(state == upgrade_state::refused, upgrade.error().failed());
    return state == upgrade_state::more
               ? make_error_code(boost::system::errc::operation_in_progress)
               : upgrade.error();
}

TEST(client_upgrade, offers_a_subprotocol_and_takes_no_other_one) {
    std::string const head =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    struct {
        char const* line;
        upgrade_state state;
        bool chosen;
    } const answers[] = {
        {"", upgrade_state::accepted, false},
        {"Sec-WebSocket-Protocol: trunkline.1\r\n", upgrade_state::accepted, true},
        {"Sec-WebSocket-Protocol: other\r\n", upgrade_state::refused, false},
        {"Sec-WebSocket-Protocol: trunkline.1, other\r\n", upgrade_state::refused, false},
        {"Sec-WebSocket-Protocol: trunkline.1\r\nSec-WebSocket-Protocol: trunkline.1\r\n",
         upgrade_state::refused, false},
    };
    for (auto const& each : answers) {
        client_upgrade upgrade(*parse_ws_url("ws://x/ws"), sample_key(), false, "trunkline.1");
        EXPECT_NE(upgrade.request().find("\r\nSec-WebSocket-Protocol: trunkline.1\r\n"),
                  std::string::npos);
        std::string const answer = head + each.line + "\r\n";
        bytes_view input = as_bytes(answer);
        EXPECT_EQ(upgrade.feed(input, {}), each.state) << each.line;
        EXPECT_EQ(upgrade.has_subprotocol(), each.chosen) << each.line;
    }
}

TEST(client_upgrade, asks_like_the_published_client) {
    client_upgrade const upgrade(*parse_ws_url("ws://127.0.0.1:8080/ws?a=b"), sample_key());
    EXPECT_EQ(upgrade.request(),
              "GET /ws?a=b HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: Upgrade\r\n"
              "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    std::string const asked = upgrade.request();
    upgrade_options const options;
    server_upgrade server(options);
    bytes_view input = as_bytes(asked);
    EXPECT_EQ(server.feed(input, {}, 0), upgrade_state::accepted);
}

TEST(client_upgrade, takes_a_good_answer_however_cut) {
    auto const bytes = good_response + "\x82\x00"s;
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        std::string rest;
        EXPECT_EQ(dial(bytes, step, &rest), error_code());
        EXPECT_EQ(rest, "\x82\x00"s);
    }
    for (std::size_t size = 0; size < good_response.size(); ++size) {
        EXPECT_EQ(dial(std::string_view(good_response).substr(0, size), 1000),
                  boost::system::errc::operation_in_progress);
    }
}

TEST(client_upgrade, refuses_the_table) {
    struct answer_case {
        std::string response;
        upgrade_error error;
    };
    answer_case const cases[] = {
        {response_with("101 Switching Protocols", "200 OK"), upgrade_error::not_switching},
        {response_with("101 Switching Protocols", "404 Not Found"), upgrade_error::not_switching},
        {"HTTP/1.1 302 Found\r\nlocation: ws://y/\r\n\r\n", upgrade_error::not_switching},
        {"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5\r\n\r\nfull!",
         upgrade_error::unavailable},
        {response_with("101 Switching Protocols", "401 Unauthorized"),
         upgrade_error::not_switching},
        {response_with("101 Switching Protocols", "429 Too Many Requests"),
         upgrade_error::unavailable},
        {response_with("HTTP/1.1", "HTTP/1.0"), upgrade_error::malformed_response},
        {response_with("HTTP/1.1", "ICY/1.1"), upgrade_error::malformed_response},
        {"220 mail.example ESMTP\r\n\r\n", upgrade_error::malformed_response},
        {response_with("connection: upgrade", "connection: close"), upgrade_error::wrong_upgrade},
        {response_with("upgrade: websocket\r\n", ""), upgrade_error::wrong_upgrade},
        {response_with("s3pP", "S3pP"), upgrade_error::wrong_accept_key},
        {response_with("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", ""),
         upgrade_error::wrong_accept_key},
        {response_with("date", "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\ndate"),
         upgrade_error::wrong_accept_key},
        {response_with("date", "sec-websocket-extensions: permessage-deflate\r\ndate"),
         upgrade_error::unasked_extension},
        {response_with("date", "sec-websocket-protocol: muxio\r\ndate"),
         upgrade_error::unasked_protocol},
        {response_with("date: ", "date: \x01"), upgrade_error::malformed_response},
        {"HTTP/1.1 101 " + std::string(20 * kib, 'a'), upgrade_error::response_too_large},
    };
    for (auto const& row : cases) {
        for (std::size_t const step : {std::size_t{1}, std::size_t{13}, std::size_t{100'000}}) {
            auto const error = dial(row.response, step);
            EXPECT_EQ(error, make_error_code(row.error)) << row.response << error.message();
            EXPECT_EQ(error.default_error_condition(),
                      make_error_code(transport::transport_error::handshake_refused)
                          .default_error_condition());
            EXPECT_NE(error.message(), "unknown upgrade error");
        }
    }
}

TEST(ws_url, gives_what_the_client_needs) {
    struct url_case {
        char const* text;
        char const* host;
        unsigned port;
        char const* authority;
        char const* target;
        bool secure = false;
    };
    url_case const cases[] = {
        {"ws://127.0.0.1:8080/ws", "127.0.0.1", 8080, "127.0.0.1:8080", "/ws"},
        {"WS://Example.org", "Example.org", 80, "Example.org", "/"},
        {"ws://example.org:80/a/b?c=d&e", "example.org", 80, "example.org", "/a/b?c=d&e"},
        {"ws://[::1]:9001/ws", "::1", 9001, "[::1]:9001", "/ws"},
        {"ws://[2001:db8::7]/", "2001:db8::7", 80, "[2001:db8::7]", "/"},
        {"ws://localhost:0?q", "localhost", 0, "localhost:0", "/?q"},
        {"wss://x/", "x", 443, "x", "/", true},
        {"WSS://x:80/ws", "x", 80, "x:80", "/ws", true},
        {"ws://x:443/ws", "x", 443, "x:443", "/ws"},
    };
    for (auto const& row : cases) {
        auto const url = parse_ws_url(row.text);
        ASSERT_TRUE(url.has_value()) << row.text;
        EXPECT_EQ(url->host, row.host);
        EXPECT_EQ(url->port, row.port);
        EXPECT_EQ(url->authority, row.authority);
        EXPECT_EQ(url->target, row.target);
        EXPECT_EQ(url->secure, row.secure);
    }
    for (char const* const bad :
         {"", "ws:", "ws://", "ws:///ws", "http://x/", "wss://", "ws://x:65536/", "ws://x:a/",
          "ws://user@x/", "ws://u:p@x/", "ws://x/#frag", "ws://a b/", "ws://x%0d%0aEvil:1/",
          "ws://x/\r\nEvil", "127.0.0.1:8080", "ws://[::1/", "ws://[fe80::1%25eth0]/"}) {
        EXPECT_FALSE(parse_ws_url(bad).has_value()) << bad;
    }
}

}  // namespace
}  // namespace trunkline::websocket
