// trunkline serve --deflate: compression with clients that offer it, and with no others.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/store_service/methods.hpp>
#include <trunkline/test_support/running_server.hpp>
#include <trunkline/websocket/test_deflate.hpp>
#include <trunkline/websocket/test_frames.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

using namespace test_support;
using websocket::opcode;
using websocket::role;

/// A client that offers compression, as bytes.
class offering_client {
public:
    offering_client(running_server const& server, std::string const& path)
        : link_(server.host(), server.port()) {
        link_.send("GET " + path +
                   " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n");
        head_ = link_.receive_through("\r\n\r\n");
    }

    [[nodiscard]] std::string const& head() const { return head_; }

    void send_compressed(std::string_view text) {
        link_.send(websocket::testing::frame(role::client, opcode::text,
                                             websocket::testing::deflated(text), true,
                                             websocket::testing::test_mask, true));
    }

    /// The first two bytes of the next frame, and its short payload.
    [[nodiscard]] std::string receive_short() {
        std::string const start = link_.receive(2);
        return start.size() < 2 ? start
                                : start + link_.receive(static_cast<unsigned char>(start[1]));
    }

private:
    tcp_client link_;
    std::string head_;
};

struct serve_deflate : ::testing::Test {
    scratch_folder folder;
    std::string path = (folder / "s.bin").string();
};

TEST_F(serve_deflate, is_off_unless_asked_for) {
    running_server server(TRUNKLINE_PROGRAM, path, {"--echo-path", "/echo"});
    for (std::string const where : {"/echo", "/ws"}) {
        offering_client client(server, where);
        EXPECT_TRUE(client.head().starts_with("HTTP/1.1 101 "));
        EXPECT_EQ(client.head().find("xtensions"), std::string::npos);
        client.send_compressed("refused");
        std::string const answer = client.receive_short();
        EXPECT_EQ(answer.substr(0, 1) + answer.substr(2, 2), "\x88\x03\xea") << "closed with 1002";
    }
}

TEST_F(serve_deflate, compresses_echoes) {
    running_server server(TRUNKLINE_PROGRAM, path, {"--echo-path", "/echo", "--deflate"});
    offering_client client(server, "/echo");
    EXPECT_NE(client.head().find("sec-websocket-extensions: permessage-deflate; "
                                 "server_no_context_takeover; client_no_context_takeover\r\n"),
              std::string::npos);
    std::string const text(5000, 'x');
    client.send_compressed(text);
    std::string const echo = client.receive_short();
    ASSERT_GT(echo.size(), 2U);
    EXPECT_EQ(echo[0], '\xc1');
    EXPECT_LT(echo.size(), 100U);
    EXPECT_EQ(websocket::testing::inflated(echo.substr(2)), text);
}

// The server folds a connection that has said nothing yet, and in a run of all these tests with
// forced folding each of them after each call.
TEST_F(serve_deflate, holds_for_connections_that_were_folded) {
    running_server server(TRUNKLINE_PROGRAM, path, {"--deflate"});
    auto const url = "ws://" + server.address() + "/ws";
    auto const with = rpc_client::builder(url).deflate().connect().value();
    auto const without = rpc_client::builder(url).connect().value();
    for (char const letter : {'a', 'b', 'c'}) {
        std::string const value(300'000, letter);
        for (rpc_client const* client : {&with, &without}) {
            ASSERT_TRUE(client->call(store_service::write, {as_bytes("k"), as_bytes(value)}));
        }
        for (rpc_client const* client : {&with, &without}) {
            auto const answer = client->call(store_service::read, {as_bytes("k")});
            ASSERT_TRUE(answer);
            ASSERT_TRUE((*answer)->entry_payload);
            EXPECT_TRUE(as_text(*(*answer)->entry_payload) == value);
        }
    }
}

TEST_F(serve_deflate, may_stand_in_the_configuration) {
    auto const config = (folder / "c.toml").string();
    write_file(config, "deflate = true\n");
    running_server server(TRUNKLINE_PROGRAM, path, {"--config", config});
    EXPECT_NE(offering_client(server, "/ws").head().find("permessage-deflate"), std::string::npos);
}

}  // namespace
}  // namespace trunkline::cli
