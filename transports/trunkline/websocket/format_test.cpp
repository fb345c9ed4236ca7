#include <trunkline/websocket/frame_header.hpp>

#include <trunkline/base/format_page.hpp>
#include <trunkline/websocket/connection.hpp>
#include <trunkline/websocket/test_frames.hpp>
#include <trunkline/websocket/upgrade.hpp>

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>

namespace trunkline::websocket {
namespace {

format_page const page(TRUNKLINE_SOURCE_DIR "/transports/trunkline/websocket/FORMAT.md");

std::size_t encoded_size(std::uint64_t payload_size) {
    std::array<std::byte, header_size_max> bytes{};
    return encode_header({.payload_size = payload_size}, bytes);
}

TEST(websocket_format, header_sizes_are_the_pages) {
    format_table const sizes = page.table("Header");
    ASSERT_EQ(sizes.rows.size(), 4U);
    EXPECT_EQ(sizes.number("7 bits", "size"), encoded_size(125));
    EXPECT_EQ(sizes.number("16 bits", "size"), encoded_size(126));
    EXPECT_EQ(sizes.number("16 bits", "size"), encoded_size(65'535));
    EXPECT_EQ(sizes.number("64 bits", "size"), encoded_size(65'536));
    EXPECT_EQ(sizes.number("64 bits", "size") + sizeof(mask_key), header_size_max);
}

TEST(websocket_format, opcodes_have_the_pages_numbers) {
    format_table const opcodes = page.table("Opcodes");
    std::map<std::string, opcode> const known = {{"continuation", opcode::continuation},
                                                 {"text", opcode::text},
                                                 {"binary", opcode::binary},
                                                 {"close", opcode::close},
                                                 {"ping", opcode::ping},
                                                 {"pong", opcode::pong}};
    ASSERT_EQ(opcodes.rows.size(), known.size() + 1);
    for (auto const& [name, code] : known) {
        EXPECT_EQ(opcodes.number(name, "number"), static_cast<std::size_t>(code)) << name;
    }
}

TEST(websocket_format, the_example_is_what_we_write) {
    transport::close_code const normal = transport::close_code::normal;
    auto const reason = testing::close_payload(static_cast<unsigned>(normal));
    std::string const bytes =
        testing::frame(role::client, opcode::binary, "hi", true, 0x3d21fa37) +
        testing::frame(role::client, opcode::close, reason, true, 0x04030201) +
        testing::frame(role::server, opcode::close, reason);
    std::string digits;
    for (unsigned char const each : bytes) {
        constexpr char hex[] = "0123456789abcdef";
        digits.push_back(hex[each >> 4U]);
        digits.push_back(hex[each & 15U]);
    }
    EXPECT_EQ(page.hex_example("Example"), digits);
    testing::transcript server(role::server);
    server.feed(bytes.substr(0, bytes.size() - 4));
    EXPECT_EQ(server.lines(), (std::vector<std::string>{"binary hi", "close 1000 "}));
    EXPECT_EQ(server.control(), bytes.substr(bytes.size() - 4));
}

TEST(websocket_format, errors_have_the_pages_codes) {
    // In the order of the enumeration.
    format_table const errors = page.table("Errors");
    ASSERT_EQ(errors.rows.size(), static_cast<std::size_t>(websocket_error::invalid_deflate) + 1);
    EXPECT_EQ(errors.rows[1][0], "reserved_bits");
    EXPECT_EQ(errors.rows.back()[0], "invalid_deflate");
    for (std::size_t i = 1; i < errors.rows.size(); ++i) {
        auto const code = close_code_for(static_cast<websocket_error>(i));
        EXPECT_EQ(errors.number(errors.rows[i][0], "code"), static_cast<std::size_t>(code))
            << errors.rows[i][0];
    }
}

std::string request(std::string_view from, std::string_view to) {
    std::string out =
        "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    return out.replace(out.find(from), from.size(), to);
}

TEST(websocket_format, requests_are_refused_with_the_pages_status) {
    std::string const version = "Sec-WebSocket-Version: 13\r\n";
    std::string const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    std::string const host = "Host: x\r\n";
    std::string many;
    for (std::size_t i = 0; i < websocket_limits{}.http_fields_max; ++i) {
        many += "a: b\r\n";
    }
    std::map<std::string, std::string> const requests = {
        {"another path, or another form of target", request("/ws", "/other")},
        {"another method", request("GET", "PUT")},
        {"HTTP/1.0", request("HTTP/1.1", "HTTP/1.0")},
        {"another version", request("HTTP/1.1", "HTTP/3.0")},
        {"no Host", request(host, "")},
        {"a second Host", request(host, host + host)},
        {"no Connection: upgrade", request("Connection: Upgrade", "Connection: close")},
        {"no Upgrade: websocket", request("Upgrade: websocket", "Upgrade: other")},
        {"no version 13", request("13", "7")},
        {"a second version", request(version, version + version)},
        {"no key", request(key, "")},
        {"a second key", request(key, key + key)},
        {"a key that is not 16 bytes", request("dGhl", "")},
        {"Transfer-Encoding", request(host, host + "Transfer-Encoding: chunked\r\n")},
        {"Content-Length above 0", request(host, host + "Content-Length: 2\r\n")},
        {"a second Content-Length",
         request(host, host + "Content-Length: 0\r\nContent-Length: 0\r\n")},
        {"a control character in a value", request("Host: x", "Host: \x02")},
        {"white space before a colon", request("Host:", "Host :")},
        {"a folded line", request("Host: x", "Host: x\r\n y")},
        {"a bare line feed", request("Host: x\r\n", "Host: x\n")},
        {"a head above the limit",
         request("Host: x", "Host: " + std::string(websocket_limits{}.http_head_size_max, 'x'))},
        {"too many fields", request(host, host + many)},
        {"an Origin that is not let in, where not all are",
         request(host, host + "Origin: https://other.org\r\n")},
    };
    format_table const refusals = page.table("Upgrade");
    ASSERT_EQ(refusals.rows.size(), requests.size() + 2);
    for (auto const& [name, bytes] : requests) {
        upgrade_options options;
        options.origins = {parse_origin("https://example.org").value()};
        server_upgrade upgrade(options);
        bytes_view input = as_bytes(bytes);
        EXPECT_EQ(upgrade.feed(input, {}, 0), upgrade_state::refused) << name;
        EXPECT_EQ(upgrade.response().substr(9, 3), refusals.at(name, "status")) << name;
    }
    EXPECT_EQ(refusals.at("not through in time", "status"), "408");
}

TEST(websocket_format, limits_are_the_pages) {
    format_table const limits = page.table("Limits");
    websocket_limits const defaults;
    auto const in_milliseconds = [](auto time) { return static_cast<std::size_t>(time.count()); };
    std::map<std::string, std::size_t> const known = {
        {"frame", defaults.frame_size_max},
        {"message, all fragments", defaults.message_size_max},
        {"HTTP head", defaults.http_head_size_max},
        {"HTTP fields", defaults.http_fields_max},
        {"pongs that wait", pending_pongs_size_max},
        {"control payload", control_payload_size_max},
        {"handshake, milliseconds", in_milliseconds(connection_limits{}.handshake_timeout)},
        {"linger time, milliseconds", in_milliseconds(linger_timeout)},
        {"lingering streams per thread", lingering_max},
    };
    ASSERT_EQ(limits.rows.size(), known.size() + 1);
    for (auto const& [name, value] : known) {
        EXPECT_EQ(limits.number(name, "default"), value) << name;
    }
}

TEST(websocket_format, an_idle_connection_costs_what_the_page_says) {
    EXPECT_NE(page.text().find(std::to_string(sizeof(connection)) + " bytes per idle connection"),
              std::string::npos);
}

}  // namespace
}  // namespace trunkline::websocket
