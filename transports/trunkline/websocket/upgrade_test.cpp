#include <trunkline/websocket/upgrade.hpp>

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

TEST(server_upgrade, chooses_its_subprotocol_only_where_it_is_offered) {
    upgrade_options options;
    options.subprotocol = "trunkline.1";
    std::string const plain = serve(good, options).response;
    EXPECT_EQ(plain, serve(good).response);
    for (char const* const offer :
         {"Sec-WebSocket-Protocol: other", "Sec-WebSocket-Protocol: Trunkline.1",
          "Sec-WebSocket-Protocol: trunkline.12, trunkline", "Sec-WebSocket-Protocol: "}) {
        EXPECT_EQ(serve(with_line(offer), options).response, plain) << offer;
    }
    for (char const* const offer :
         {"Sec-WebSocket-Protocol: trunkline.1", "sec-websocket-protocol: a, trunkline.1 ,b",
          "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: trunkline.1"}) {
        EXPECT_THAT(serve(with_line(offer), options).response,
                    ::testing::HasSubstr("\r\nsec-websocket-protocol: trunkline.1\r\n"))
            << offer;
        EXPECT_EQ(serve(with_line(offer)).response, plain) << offer;
    }
}

TEST(server_upgrade, SEC_05_lets_pages_in_by_their_origin) {
    upgrade_options options;
    options.origins = {parse_origin("https://example.org").value(),
                       parse_origin("http://localhost:3000").value()};
    for (char const* const line : {"Origin: https://example.org", "origin: HTTPS://Example.org:443",
                                   "Origin: http://localhost:3000", "X-Other: https://evil.org"}) {
        EXPECT_EQ(status_of(serve(with_line(line), options)), "101") << line;
    }
    for (char const* const line :
         {"Origin: https://evil.org", "Origin: https://example.org.evil.org",
          "Origin: https://notexample.org", "Origin: http://example.org",
          "Origin: https://example.org:444", "Origin: https://example.org/", "Origin: null",
          "Origin:", "Origin: https://example.org\r\nOrigin: https://example.org",
          "Origin: https://example.org, https://evil.org", "Origin: http://localhost"}) {
        auto const made = serve(with_line(line), options);
        EXPECT_EQ(status_of(made), "403") << line;
        EXPECT_THAT(made.response, ::testing::EndsWith("web pages of this origin are not let in"));
        EXPECT_EQ(status_of(serve(with_line(line))), "101") << line;
    }
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

using refused_cases = std::vector<refused_case>;

std::string const key_line = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
std::string const version_line = "Sec-WebSocket-Version: 13\r\n";
std::string const no_upgrade = "Connection header did not include 'upgrade'";
std::string const no_13 = "`Sec-WebSocket-Version` header did not include '13'";

// As recorded.
refused_cases refused_by_the_published_server() {
    return {
        {"plain get of /", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "404", ""},
        {"plain get", "GET /ws HTTP/1.1\r\nHost: x\r\n\r\n", "400", no_upgrade},
        {"wrong path", with("/ws", "/"), "404", ""},
        {"path with slash", with("/ws", "/ws/"), "404", ""},
        {"post", with("GET", "POST"), "405", ""},
        {"version 12", with("13", "12"), "400", no_13},
        {"no key", with(key_line, ""), "400", "`Sec-WebSocket-Key` header missing"},
        {"http 1.0", with("HTTP/1.1", "HTTP/1.0"), "426",
         "WebSocket request couldn't be upgraded since no upgrade state was present"},
    };
}

refused_cases refused_targets() {
    return {
        {"path in capitals", with("/ws", "/WS"), "404", ""},
        {"longer path", with("/ws", "/wss"), "404", ""},
        {"encoded path", with("/ws", "/%77s"), "404", ""},
        {"fragment", with("/ws", "/ws#a"), "404", ""},
        {"absolute form", with("/ws", "http://x/ws"), "404", ""},
        {"authority form", with("/ws", "x:80"), "404", ""},
        {"asterisk", with("/ws", "*"), "404", ""},
        {"no target", with("/ws ", ""), "400", ""},
        {"control character in target", with("/ws", "/ws?\x01"), "400", ""},
    };
}

refused_cases refused_methods() {
    return {
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
    };
}

refused_cases refused_hosts() {
    return {
        {"no host", with("Host: x\r\n", ""), "400", ""},
        {"empty host", with("Host: x", "Host:"), "400", ""},
        {"two hosts", with_line("Host: x"), "400", ""},
        {"two hosts apart", with(key_line, key_line + "host: y\r\n"), "400", ""},
    };
}

refused_cases refused_keys() {
    return {
        {"short key", with("dGhl", ""), "400", ""},
        {"key of 15 bytes", with("ZQ==", "Z==="), "400", ""},
        {"key of 17 bytes", with("ZQ==", "ZTE="), "400", ""},
        {"key without base64", with("dGhl", "d!hl"), "400", ""},
        {"empty key", with("dGhlIHNhbXBsZSBub25jZQ==", ""), "400", ""},
        {"two keys", with(key_line, key_line + key_line), "400", ""},
    };
}

refused_cases refused_versions() {
    return {
        {"no version field", with(version_line, ""), "400", no_13},
        {"two versions", with(version_line, version_line + version_line), "400", no_13},
        {"version list", with("13", "13, 8"), "400", no_13},
        {"version 013", with("13", "013"), "400", no_13},
        {"version with sign", with("13", "+13"), "400", no_13},
        {"empty version", with("13", ""), "400", no_13},
    };
}

refused_cases refused_upgrades() {
    return {
        {"no upgrade", with("Upgrade: websocket\r\n", ""), "400",
         "`Upgrade` header did not include 'websocket'"},
        {"other upgrade", with("websocket", "h2c"), "400",
         "`Upgrade` header did not include 'websocket'"},
        {"upgrade in part", with("websocket", "websockets"), "400",
         "`Upgrade` header did not include 'websocket'"},
        {"no connection", with("Connection: Upgrade\r\n", ""), "400", no_upgrade},
        {"connection close", with("Connection: Upgrade", "Connection: close"), "400", no_upgrade},
    };
}

refused_cases refused_bodies() {
    return {
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
    };
}

refused_cases refused_characters() {
    return {
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

class server_upgrade_refuses : public ::testing::TestWithParam<refused_cases (*)()> {};

INSTANTIATE_TEST_SUITE_P(server_upgrade, server_upgrade_refuses,
                         ::testing::Values(refused_by_the_published_server, refused_targets,
                                           refused_methods, refused_hosts, refused_keys,
                                           refused_versions, refused_upgrades, refused_bodies,
                                           refused_characters));

TEST_P(server_upgrade_refuses, with_a_status_and_the_end_of_the_connection) {
    for (auto const& row : GetParam()()) {
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
}

TEST(server_upgrade, says_what_it_would_take) {
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

TEST(server_upgrade, answers_as_another_program_does) {
    upgrade_options options;
    options.send_date = false;
    options.connection_field = "Upgrade";
    EXPECT_EQ(serve(good, options).response,
              "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
              "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(server_upgrade, refuses_without_a_word_where_it_is_told_so) {
    upgrade_options options;
    options.answers_refusals = false;
    for (std::string const& wrong :
         {with("GET", "POST"), with("HTTP/1.1", "HTTP/1.0"), with("13", "8"),
          with("Upgrade: websocket\r\n", ""), std::string("no HTTP at all\r\n\r\n")}) {
        auto const made = serve(wrong, options);
        EXPECT_EQ(made.state, upgrade_state::refused) << wrong;
        EXPECT_EQ(made.response, "");
    }
    EXPECT_EQ(status_of(serve(good, options)), "101");
}

TEST(server_upgrade, gives_a_page_to_who_asks_for_no_upgrade) {
    upgrade_options options;
    options.paths.clear();
    options.send_date = false;
    options.pages = [](std::string_view target) -> std::optional<http_page> {
        if (target == "/") {
            return http_page{"text/html", "<!doctype html><p>hello"};
        }
        if (target == "/who?x=y") {
            return http_page{"application/json", "{}"};
        }
        return std::nullopt;
    };
    auto const made = serve("GET / HTTP/1.1\r\nHost: x\r\n\r\n", options);
    EXPECT_EQ(made.state, upgrade_state::refused);
    EXPECT_EQ(made.response,
              "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n"
              "content-length: 23\r\nconnection: close\r\n\r\n<!doctype html><p>hello");
    EXPECT_EQ(serve("GET /who?x=y HTTP/1.1\r\nHost: x\r\n\r\n", options).response,
              "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\n"
              "content-length: 2\r\nconnection: close\r\n\r\n{}");
    EXPECT_EQ(status_of(serve(with("/ws", "/"), options)), "101");
    EXPECT_EQ(status_of(serve("GET /other HTTP/1.1\r\nHost: x\r\n\r\n", options)), "400");
    EXPECT_EQ(status_of(serve("POST / HTTP/1.1\r\nHost: x\r\n\r\n", options)), "405");
    options.pages = {};
    EXPECT_EQ(status_of(serve("GET / HTTP/1.1\r\nHost: x\r\n\r\n", options)), "400");
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

}  // namespace
}  // namespace trunkline::websocket
