#include <hostile/http_cases.hpp>

#include <string_view>
#include <utility>

namespace trunkline::hostile {
namespace {

using namespace std::string_literals;

constexpr std::string_view host = "Host: 127.0.0.1:8080\r\n";
constexpr std::string_view connection = "Connection: Upgrade\r\n";
constexpr std::string_view upgrade = "Upgrade: websocket\r\n";
constexpr std::string_view version = "Sec-WebSocket-Version: 13\r\n";
constexpr std::string_view key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string request(std::string_view first_line, std::vector<std::string_view> const& fields) {
    std::string text(first_line);
    text += "\r\n";
    for (std::string_view const each : fields) {
        text += each;
    }
    return text + "\r\n";
}

/// A good request with one more field.
std::string with(std::string_view extra) {
    return request("GET /ws HTTP/1.1", {host, connection, upgrade, version, key, extra});
}

/// A good request with another first line.
std::string line(std::string_view first_line) {
    return request(first_line, {host, connection, upgrade, version, key});
}

std::string many_fields(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += "X-" + std::to_string(i) + ": y\r\n";
    }
    return text;
}

void add_good(std::vector<http_case>& cases) {
    cases.push_back({"plain", with(""), {101}});
    cases.push_back({"with a query", line("GET /ws?x=1 HTTP/1.1"), {101}});
    cases.push_back({"subprotocol offered", with("Sec-WebSocket-Protocol: muxio\r\n"), {101}});
    cases.push_back(
        {"extension offered", with("Sec-WebSocket-Extensions: permessage-deflate\r\n"), {101}});
    cases.push_back(
        {"field names in capitals",
         request("GET /ws HTTP/1.1", {"HOST: x\r\n", "CONNECTION: UPGRADE\r\n",
                                      "UPGRADE: WebSocket\r\n", "SEC-WEBSOCKET-VERSION: 13\r\n",
                                      "SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\n"}),
         {101}});
    cases.push_back({"content length 0", with("Content-Length: 0\r\n"), {101}});
    cases.push_back({"90 further fields", with(many_fields(90)), {101}});
}

void add_first_lines(std::vector<http_case>& cases) {
    cases.push_back({"root", line("GET / HTTP/1.1"), {404}});
    cases.push_back({"slash behind", line("GET /ws/ HTTP/1.1"), {404}});
    cases.push_back({"path begins alike", line("GET /wsx HTTP/1.1"), {404}});
    cases.push_back({"other case", line("GET /WS HTTP/1.1"), {404}});
    cases.push_back({"absolute form", line("GET http://x/ws HTTP/1.1"), {400, 404}});
    cases.push_back({"asterisk", line("GET * HTTP/1.1"), {400, 404}});
    cases.push_back({"empty target", line("GET  HTTP/1.1"), {400, 404}});
    cases.push_back({"fragment", line("GET /ws#x HTTP/1.1"), {400, 404}});
    cases.push_back({"POST", line("POST /ws HTTP/1.1"), {405}});
    cases.push_back({"HEAD", line("HEAD /ws HTTP/1.1"), {400, 405}});
    cases.push_back({"unknown method", line("FROB /ws HTTP/1.1"), {400, 405, 501}});
    cases.push_back({"HTTP/1.0", line("GET /ws HTTP/1.0"), {426, 400, 505}});
    cases.push_back({"HTTP/1.2", line("GET /ws HTTP/1.2"), {400, 426, 505}});
    cases.push_back({"HTTP/2.0", line("GET /ws HTTP/2.0"), {400, 426, 505}});
    cases.push_back({"no version", line("GET /ws"), {400}});
    cases.push_back(
        {"no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"s, {400}});
}

void add_fields(std::vector<http_case>& cases) {
    auto const without = [](std::vector<std::string_view> const& fields) {
        return request("GET /ws HTTP/1.1", fields);
    };
    cases.push_back({"no host", without({connection, upgrade, version, key}), {400}});
    cases.push_back({"two hosts", with(host), {400}});
    cases.push_back({"no connection", without({host, upgrade, version, key}), {400, 426}});
    cases.push_back({"no upgrade", without({host, connection, version, key}), {400, 426}});
    cases.push_back({"connection: close",
                     without({host, "Connection: close\r\n", upgrade, version, key}),
                     {400, 426}});
    cases.push_back({"upgrade to something else",
                     without({host, connection, "Upgrade: h2c\r\n", version, key}),
                     {400, 426}});
    cases.push_back({"no key", without({host, connection, upgrade, version}), {400}});
    cases.push_back({"two keys", with(key), {400}});
    cases.push_back({"no version", without({host, connection, upgrade, key}), {400, 426}});
    cases.push_back({"two versions", with(version), {400, 426}});
    for (std::string_view const other : {"12", "14", "8", "013", "13, 8", "1 3", "", "0x0d"}) {
        std::string const field = "Sec-WebSocket-Version: " + std::string(other) + "\r\n";
        cases.push_back({"version \"" + std::string(other) + "\"",
                         without({host, connection, upgrade, field, key}),
                         {400, 426}});
    }
    // 15 and 17 bytes, no base64, wrong padding, bits that encode nothing.
    for (std::string_view const bad :
         {"", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZTE=", "dGhlIHNhbXBsZSBub25jZQ",
          "dGhlIHNhbXBsZSBub25jZQ=", "!GhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ===",
          "dGhlIHNhbXBsZSBub25jZR==", "dGhl IHNhbXBsZSBub25jZQ=="}) {
        std::string const field = "Sec-WebSocket-Key: " + std::string(bad) + "\r\n";
        cases.push_back({"key \"" + std::string(bad) + "\"",
                         without({host, connection, upgrade, version, field}),
                         {400}});
    }
}

void add_smuggling(std::vector<http_case>& cases) {
    cases.push_back({"chunked", with("Transfer-Encoding: chunked\r\n"), {400, 411, 501}});
    cases.push_back({"identity", with("Transfer-Encoding: identity\r\n"), {400, 411, 501}});
    cases.push_back({"content length 5", with("Content-Length: 5\r\n"), {400, 413}});
    cases.push_back(
        {"two content lengths", with("Content-Length: 0\r\nContent-Length: 0\r\n"), {400}});
    cases.push_back({"content length -1", with("Content-Length: -1\r\n"), {400}});
    cases.push_back({"content length +0", with("Content-Length: +0\r\n"), {400}});
    cases.push_back({"content length 0x0", with("Content-Length: 0x0\r\n"), {400}});
    cases.push_back({"content length above 2^64",
                     with("Content-Length: 18446744073709551616\r\n"),
                     {400, 413}});
    cases.push_back({"control character in a value", with("X: a\x01z\r\n"), {400}});
    cases.push_back({"NUL in a value", with("X: a\0z\r\n"s), {400}});
    cases.push_back({"DEL in a value", with("X: a\x7fz\r\n"), {400}});
    cases.push_back({"NUL in the target", line("GET /ws\0 HTTP/1.1"s), {400, 404}});
    cases.push_back({"space before a colon", with("X : y\r\n"), {400}});
    cases.push_back({"tab before a colon", with("X\t: y\r\n"), {400}});
    cases.push_back({"a field without a name", with(": y\r\n"), {400}});
    cases.push_back({"a field without a colon", with("nonsense\r\n"), {400}});
    cases.push_back({"bare LF", with("X: y\n"), {400}});
    cases.push_back({"bare CR in a value", with("X: a\rb\r\n"), {400}});
    cases.push_back({"a folded line", with("X: y\r\n z\r\n"), {400}});
    cases.push_back({"200 fields", with(many_fields(200)), {400, 431}});
    cases.push_back(
        {"a value of 20 KiB", with("X: " + std::string(20 * 1024, 'y') + "\r\n"), {431}});
    cases.push_back({"a target of 20 KiB",
                     line("GET /ws?" + std::string(20 * 1024, 'y') + " HTTP/1.1"),
                     {400, 414, 431}});
}

}  // namespace

std::vector<http_case> http_cases() {
    std::vector<http_case> cases;
    add_good(cases);
    add_first_lines(cases);
    add_fields(cases);
    add_smuggling(cases);
    return cases;
}

}  // namespace trunkline::hostile
