#include <trunkline/websocket/upgrade.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/websocket/upgrade_key.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace trunkline::websocket {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::string_literals;

constexpr std::uint64_t a_saturday_us = 1'795'234'622'000'000;  // 2026-11-21 04:17:02 UTC

/// What the server made of the bytes.
struct verdict {
    upgrade_state state = upgrade_state::more;
    std::string response;
    std::string rest;  // not taken
    std::size_t path_index = 0;

    bool operator==(verdict const&) const = default;
};

verdict serve(std::string_view bytes, upgrade_options const& options = {},
              websocket_limits const& limits = {}, std::size_t step = ~std::size_t{0}) {
    server_upgrade upgrade(options);
    verdict out;
    while (!bytes.empty() && out.state == upgrade_state::more) {
        bytes_view part = as_bytes(bytes.substr(0, step));
        std::size_t const given = part.size();
        out.state = upgrade.feed(part, limits, a_saturday_us);
        bytes.remove_prefix(given - part.size());
        if (out.state == upgrade_state::more) {
            EXPECT_TRUE(part.empty());
        }
    }
    out.response = upgrade.response();
    out.rest = bytes;
    out.path_index = upgrade.path_index();
    return out;
}

/// "400", "101", or "" while more is needed.
std::string status_of(verdict const& made) {
    return made.response.empty() ? "" : made.response.substr(9, 3);
}

std::string const good =
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// `good` with its first `from` replaced by `to`.
std::string with(std::string_view from, std::string_view to) {
    std::string out = good;
    std::size_t const at = out.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return out.replace(at, from.size(), to);
}

std::string with_line(std::string_view line) {
    return with("Host: x\r\n", "Host: x\r\n" + std::string(line) + "\r\n");
}

TEST(upgrade_key, answers_as_the_rfc_shows) {
    EXPECT_EQ(accept_key_for("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    std::array<std::byte, 16> bytes{};
    EXPECT_EQ(encode_upgrade_key(bytes), "AAAAAAAAAAAAAAAAAAAAAA==");
    bytes.fill(std::byte{0xff});
    EXPECT_EQ(encode_upgrade_key(bytes), "/////////////////////w==");
    EXPECT_TRUE(is_upgrade_key(encode_upgrade_key(bytes)));
}

TEST(upgrade_key, takes_the_base64_of_sixteen_bytes_only) {
    EXPECT_TRUE(is_upgrade_key("dGhlIHNhbXBsZSBub25jZQ=="));
    for (std::string_view const bad :
         {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25j",
          "dGhlIHNhbXBsZSBub25jZTE=", "dGhlIHNhbXBsZSBub25jZTEy", "dGhlIHNhbXBsZSBub25jZQ===",
          "dGhlIHNhbXBsZSBub25j*Q==", "dGhlIHNhbXBsZSBub25=ZQ==", "dGhlIHNhbXBsZSBub25jZR==",
          "dGhlIHNhbXBsZSBub2 jZQ==", "====================AA==", "-_hlIHNhbXBsZSBub25jZQ=="}) {
        EXPECT_FALSE(is_upgrade_key(bad)) << bad;
    }
}

TEST(server_upgrade, answers_like_the_published_server) {
    auto const made = serve(good + "\x82\x80 rest");
    EXPECT_EQ(made.state, upgrade_state::accepted);
    EXPECT_EQ(made.response,
              "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
              "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
              "date: Sat, 21 Nov 2026 04:17:02 GMT\r\n\r\n");
    EXPECT_EQ(made.rest, "\x82\x80 rest");
    upgrade_options options;
    options.send_date = false;
    EXPECT_THAT(serve(good, options).response, ::testing::EndsWith("xOo=\r\n\r\n"));
}

TEST(server_upgrade, takes_every_spelling_of_an_honest_request) {
    std::string const requests[] = {
        with("/ws ", "/ws?x=1 "),
        with("/ws ", "/ws? "),
        with("Host: x", "hOsT:x"),
        with("Host: x", "Host: \t x \t "),
        with("Host: x", "Host: [::1]:8080"),
        with("Upgrade: websocket", "Upgrade: WebSocket"),
        with("Upgrade: websocket", "Upgrade: h2c, websocket"),
        with("Connection: Upgrade", "Connection: keep-alive, Upgrade"),
        with("Connection: Upgrade", "connection: keep-alive\r\nConnection: upgrade"),
        with_line("Content-Length: 0"),
        with_line("Sec-WebSocket-Protocol: muxio"),
        with_line("Sec-WebSocket-Extensions: permessage-deflate"),
        with_line("Origin: http://elsewhere"),
        with_line("X-Empty:"),
        with_line("X-High: caf\xc3\xa9"),
    };
    for (auto const& request : requests) {
        auto const made = serve(request);
        EXPECT_EQ(status_of(made), "101") << request;
        EXPECT_THAT(made.response, ::testing::Not(HasSubstr("sec-websocket-protocol")));
        EXPECT_THAT(made.response, ::testing::Not(HasSubstr("sec-websocket-extensions")));
    }
}

struct refused_case {
    std::string name;
    std::string request;
    std::string status;
    std::string text;
};

std::vector<refused_case> refused_cases() {
    std::string const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    std::string const version = "Sec-WebSocket-Version: 13\r\n";
    std::string const no_upgrade = "Connection header did not include 'upgrade'";
    std::string const no_13 = "`Sec-WebSocket-Version` header did not include '13'";
    return {
        // As recorded from the published server
        {"plain get of /", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "404", ""},
        {"plain get", "GET /ws HTTP/1.1\r\nHost: x\r\n\r\n", "400", no_upgrade},
        {"wrong path", with("/ws", "/"), "404", ""},
        {"path with slash", with("/ws", "/ws/"), "404", ""},
        {"post", with("GET", "POST"), "405", ""},
        {"version 12", with("13", "12"), "400", no_13},
        {"no key", with(key, ""), "400", "`Sec-WebSocket-Key` header missing"},
        {"http 1.0", with("HTTP/1.1", "HTTP/1.0"), "426",
         "WebSocket request couldn't be upgraded since no upgrade state was present"},
        // Paths
        {"path in capitals", with("/ws", "/WS"), "404", ""},
        {"longer path", with("/ws", "/wss"), "404", ""},
        {"encoded path", with("/ws", "/%77s"), "404", ""},
        {"fragment", with("/ws", "/ws#a"), "404", ""},
        {"absolute form", with("/ws", "http://x/ws"), "404", ""},
        {"authority form", with("/ws", "x:80"), "404", ""},
        {"asterisk", with("/ws", "*"), "404", ""},
        {"no target", with("/ws ", ""), "400", ""},
        {"control character in target", with("/ws", "/ws?\x01"), "400", ""},
        // Methods and versions
        {"head", with("GET", "HEAD"), "405", ""},
        {"options", with("GET", "OPTIONS"), "405", ""},
        {"small letters", with("GET", "get"), "405", ""},
        {"invented method", with("GET", "FETCH"), "405", ""},
        {"http 2", with("HTTP/1.1", "HTTP/2.0"), "505", ""},
        {"http 1.2", with("HTTP/1.1", "HTTP/1.2"), "505", ""},
        {"no version", with(" HTTP/1.1", ""), "400", ""},
        {"another protocol", with("HTTP/1.1", "RTSP/1.1"), "505", ""},
        {"two spaces", with("GET /ws", "GET  /ws"), "400", ""},
        {"tab for a space", with("GET /ws", "GET\t/ws"), "400", ""},
        // Host
        {"no host", with("Host: x\r\n", ""), "400", ""},
        {"empty host", with("Host: x", "Host:"), "400", ""},
        {"two hosts", with_line("Host: x"), "400", ""},
        {"two hosts apart", with(key, key + "host: y\r\n"), "400", ""},
        // Key
        {"short key", with("dGhl", ""), "400", ""},
        {"key of 15 bytes", with("ZQ==", "Z==="), "400", ""},
        {"key of 17 bytes", with("ZQ==", "ZTE="), "400", ""},
        {"key without base64", with("dGhl", "d!hl"), "400", ""},
        {"empty key", with("dGhlIHNhbXBsZSBub25jZQ==", ""), "400", ""},
        {"two keys", with(key, key + key), "400", ""},
        // Version
        {"no version field", with(version, ""), "400", no_13},
        {"two versions", with(version, version + version), "400", no_13},
        {"version list", with("13", "13, 8"), "400", no_13},
        {"version 013", with("13", "013"), "400", no_13},
        {"version with sign", with("13", "+13"), "400", no_13},
        {"empty version", with("13", ""), "400", no_13},
        // Upgrade and Connection
        {"no upgrade", with("Upgrade: websocket\r\n", ""), "400",
         "`Upgrade` header did not include 'websocket'"},
        {"other upgrade", with("websocket", "h2c"), "400",
         "`Upgrade` header did not include 'websocket'"},
        {"upgrade in part", with("websocket", "websockets"), "400",
         "`Upgrade` header did not include 'websocket'"},
        {"no connection", with("Connection: Upgrade\r\n", ""), "400", no_upgrade},
        {"connection close", with("Connection: Upgrade", "Connection: close"), "400", no_upgrade},
        // Bodies
        {"transfer encoding", with_line("Transfer-Encoding: chunked"), "400", ""},
        {"transfer encoding identity", with_line("Transfer-Encoding: identity"), "400", ""},
        {"content length 1", with_line("Content-Length: 1"), "400", ""},
        {"content length twice", with_line("Content-Length: 0\r\nContent-Length: 0"), "400", ""},
        {"content length list", with_line("Content-Length: 0, 0"), "400", ""},
        {"content length negative", with_line("Content-Length: -1"), "400", ""},
        {"content length signed", with_line("Content-Length: +0"), "400", ""},
        {"content length hex", with_line("Content-Length: 0x0"), "400", ""},
        {"content length empty", with_line("Content-Length:"), "400", ""},
        {"content length huge", with_line("Content-Length: 99999999999999999999999"), "400", ""},
        // Characters and lines
        {"nul in a value", with_line("X: a"s + '\0' + "b"), "400", ""},
        {"control in a value", with_line("X: a\x01z"), "400", ""},
        {"escape in a value", with_line("X: \x1b[0m"), "400", ""},
        {"delete in a value", with_line("X: a\x7f"), "400", ""},
        {"space before colon", with_line("X : a"), "400", ""},
        {"tab before colon", with_line("X\t: a"), "400", ""},
        {"space before host's colon", with("Host:", "Host :"), "400", ""},
        {"no name", with_line(": a"), "400", ""},
        {"no colon", with_line("Xa"), "400", ""},
        {"bad name", with_line("X(a): b"), "400", ""},
        {"folded line", with_line("X: a\r\n b"), "400", ""},
        {"first field folded", with("Host", " Host"), "400", ""},
        {"bare lf in the head", with("Host: x\r\n", "Host: x\n"), "400", ""},
        {"bare lf after the request line", with("HTTP/1.1\r\n", "HTTP/1.1\n"), "400", ""},
        {"bare lf at the end", with("==\r\n\r\n", "==\r\n\n"), "400", ""},
        {"lf lf at the end", with("==\r\n\r\n", "==\n\n"), "400", ""},
        {"bare cr", with_line("X: a\rb"), "400", ""},
        {"two crs", with("Host: x\r\n", "Host: x\r\r\n"), "400", ""},
        {"empty first line", "\r\n" + good, "400", ""},
        {"tls hello", "\x16\x03\x01\x02"s, "400", ""},
    };
}

TEST(server_upgrade, refuses_the_table_with_a_status_and_the_end_of_the_connection) {
    for (auto const& row : refused_cases()) {
        SCOPED_TRACE(row.name);
        auto const made = serve(row.request);
        EXPECT_EQ(made.state, upgrade_state::refused);
        EXPECT_EQ(status_of(made), row.status);
        EXPECT_THAT(made.response, StartsWith("HTTP/1.1 "));
        EXPECT_THAT(made.response, HasSubstr("\r\nconnection: close\r\n"));
        auto const body = made.response.substr(made.response.find("\r\n\r\n") + 4);
        EXPECT_THAT(made.response,
                    HasSubstr("\r\ncontent-length: " + std::to_string(body.size()) + "\r\n"));
        if (!row.text.empty()) {
            EXPECT_EQ(body, row.text);
        }
        // The same for every cut.
        for (std::size_t const step :
             {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{50}}) {
            EXPECT_EQ(serve(row.request, {}, {}, step).response, made.response) << step;
        }
    }
    EXPECT_THAT(serve(with("GET", "POST")).response, HasSubstr("\r\nallow: GET,HEAD\r\n"));
    EXPECT_THAT(serve(with("13", "8")).response, HasSubstr("\r\nsec-websocket-version: 13\r\n"));
}

TEST(server_upgrade, every_prefix_waits_and_every_split_gives_the_same) {
    auto const bytes = good + "rest";
    auto const whole = serve(bytes);
    for (std::size_t size = 0; size < good.size(); ++size) {
        auto const part = serve(std::string_view(good).substr(0, size));
        ASSERT_EQ(part.state, upgrade_state::more) << size;
        ASSERT_EQ(part.response, "");
    }
    for (std::size_t step = 1; step < good.size(); ++step) {
        auto made = serve(bytes, {}, {}, step);
        ASSERT_EQ(made, whole) << step;
    }
}

TEST(server_upgrade, limits_the_head) {
    websocket_limits limits;
    auto const padded = [](std::size_t size) {
        std::size_t const fixed = with_line("X-Pad: ").size();
        return with_line("X-Pad: " + std::string(size - fixed, 'p'));
    };
    EXPECT_EQ(status_of(serve(padded(limits.http_head_size_max))), "101");
    EXPECT_EQ(status_of(serve(padded(limits.http_head_size_max + 1))), "431");
    // An endless head is refused at the limit, not when it ends.
    std::string const endless = "GET /" + std::string(limits.http_head_size_max, 'a');
    EXPECT_EQ(status_of(serve(endless)), "431");
    EXPECT_EQ(status_of(serve(endless, {}, {}, 1)), "431");
    EXPECT_EQ(status_of(serve(std::string_view(endless).substr(0, limits.http_head_size_max))), "");

    auto const fields = [](std::size_t count) {
        std::string lines;
        for (std::size_t i = 5; i < count; ++i) {
            lines += "X: y\r\n";
        }
        return with("Host: x\r\n", "Host: x\r\n" + lines);
    };
    EXPECT_EQ(status_of(serve(fields(100))), "101");
    EXPECT_EQ(status_of(serve(fields(101))), "431");
}

TEST(server_upgrade, several_paths_or_any_path) {
    upgrade_options options;
    options.paths = {"/ws", "/echo"};
    EXPECT_EQ(serve(good, options).path_index, 0U);
    EXPECT_EQ(serve(with("/ws", "/echo?x"), options).path_index, 1U);
    EXPECT_EQ(status_of(serve(with("/ws", "/other"), options)), "404");
    options.paths.clear();
    EXPECT_EQ(status_of(serve(with("/ws", "/any/thing?room=a"), options)), "101");
    EXPECT_EQ(status_of(serve(with("/ws", "*"), options)), "404");
    options.host_required = false;
    EXPECT_EQ(status_of(serve(with("Host: x\r\n", ""), options)), "101");
    EXPECT_EQ(status_of(serve(with_line("Host: y"), options)), "400");
}

TEST(server_upgrade, tells_target_and_whether_it_was_begun) {
    upgrade_options const options;
    server_upgrade upgrade(options);
    EXPECT_FALSE(upgrade.begun());
    auto const bytes = with("/ws", "/ws?room=blue");
    bytes_view input = as_bytes(std::string_view(bytes).substr(0, 1));
    EXPECT_EQ(upgrade.feed(input, {}, 0), upgrade_state::more);
    EXPECT_TRUE(upgrade.begun());
    input = as_bytes(std::string_view(bytes).substr(1));
    EXPECT_EQ(upgrade.feed(input, {}, 0), upgrade_state::accepted);
    EXPECT_EQ(upgrade.target(), "/ws?room=blue");
    upgrade.refuse(503, "full", 0);
    EXPECT_THAT(upgrade.response(), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
}

// --- client ------------------------------------------------------------------------------------

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

TEST(client_upgrade, asks_like_the_published_client) {
    client_upgrade const upgrade(*parse_ws_url("ws://127.0.0.1:8080/ws?a=b"), sample_key());
    EXPECT_EQ(upgrade.request(),
              "GET /ws?a=b HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: Upgrade\r\n"
              "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    EXPECT_EQ(status_of(serve(upgrade.request())), "101");
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
         upgrade_error::not_switching},
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
    };
    url_case const cases[] = {
        {"ws://127.0.0.1:8080/ws", "127.0.0.1", 8080, "127.0.0.1:8080", "/ws"},
        {"WS://Example.org", "Example.org", 80, "Example.org", "/"},
        {"ws://example.org:80/a/b?c=d&e", "example.org", 80, "example.org", "/a/b?c=d&e"},
        {"ws://[::1]:9001/ws", "::1", 9001, "[::1]:9001", "/ws"},
        {"ws://[2001:db8::7]/", "2001:db8::7", 80, "[2001:db8::7]", "/"},
        {"ws://localhost:0?q", "localhost", 0, "localhost:0", "/?q"},
    };
    for (auto const& row : cases) {
        auto const url = parse_ws_url(row.text);
        ASSERT_TRUE(url.has_value()) << row.text;
        EXPECT_EQ(url->host, row.host);
        EXPECT_EQ(url->port, row.port);
        EXPECT_EQ(url->authority, row.authority);
        EXPECT_EQ(url->target, row.target);
    }
    for (char const* const bad :
         {"", "ws:", "ws://", "ws:///ws", "http://x/", "wss://x/", "ws://x:65536/", "ws://x:a/",
          "ws://user@x/", "ws://u:p@x/", "ws://x/#frag", "ws://a b/", "ws://x%0d%0aEvil:1/",
          "ws://x/\r\nEvil", "127.0.0.1:8080", "ws://[::1/", "ws://[fe80::1%25eth0]/"}) {
        EXPECT_FALSE(parse_ws_url(bad).has_value()) << bad;
    }
}

}  // namespace
}  // namespace trunkline::websocket
