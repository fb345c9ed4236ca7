// trunkline serve --allow-origin: which web pages may connect.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/test_support/running_server.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::cli {
namespace {

using namespace test_support;

struct serve_origin : ::testing::Test {
    // The status of the answer to an upgrade with this line in its head.
    static std::string status_of(running_server const& server, std::string const& line) {
        tcp_client link(server.host(), server.port());
        link.send(
            "GET /ws HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
            line + "\r\n");
        std::string const head = link.receive_through("\r\n\r\n");
        return head.substr(0, head.find('\r'));
    }

    static constexpr char const* let_in = "HTTP/1.1 101 Switching Protocols";
    static constexpr char const* refused = "HTTP/1.1 403 Forbidden";

    scratch_folder folder;
    std::string path = (folder / "s.bin").string();
};

TEST_F(serve_origin, SEC_05_lets_all_in_unless_told) {
    running_server server(TRUNKLINE_PROGRAM, path, {});
    EXPECT_EQ(status_of(server, "Origin: https://evil.org\r\n"), let_in);
}

TEST_F(serve_origin, SEC_05_lets_in_those_that_are_listed_and_who_says_none) {
    running_server server(
        TRUNKLINE_PROGRAM, path,
        {"--allow-origin", "https://example.org", "--allow-origin", "http://localhost:3000"});
    EXPECT_EQ(status_of(server, ""), let_in);
    EXPECT_EQ(status_of(server, "Origin: https://example.org\r\n"), let_in);
    EXPECT_EQ(status_of(server, "Origin: http://localhost:3000\r\n"), let_in);
    EXPECT_EQ(status_of(server, "Origin: https://example.org.evil.org\r\n"), refused);
    EXPECT_EQ(status_of(server, "Origin: null\r\n"), refused);
}

TEST_F(serve_origin, may_stand_in_the_configuration) {
    auto const config = (folder / "c.toml").string();
    write_file(config, "allow-origin = [\"https://example.org\"]\n");
    running_server server(TRUNKLINE_PROGRAM, path, {"--config", config});
    EXPECT_EQ(status_of(server, "Origin: https://example.org\r\n"), let_in);
    EXPECT_EQ(status_of(server, "Origin: https://evil.org\r\n"), refused);
}

}  // namespace
}  // namespace trunkline::cli
