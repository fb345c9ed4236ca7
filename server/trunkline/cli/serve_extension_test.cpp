// trunkline serve agrees to the extension with clients that ask for it, and its commands can ask.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/peer/line_access.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/store_service/methods.hpp>
#include <trunkline/test_support/running_server.hpp>

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

using namespace test_support;

struct serve_extension : ::testing::Test {
    using flags = std::vector<std::string>;

    [[nodiscard]] std::string file() const { return (folder / "s.bin").string(); }
    [[nodiscard]] std::string socket() const { return "unix:" + (folder / "s.sock").string(); }

    /// On WebSocket, where the handshake asks, and on a bare stream, where a call does.
    [[nodiscard]] std::vector<std::string> urls(running_server const& server) const {
        return {"ws://" + server.address() + "/ws", socket()};
    }
    [[nodiscard]] flags listening(flags more = {}) const {
        more.insert(more.end(), {"--listen", socket(), "--host", "127.0.0.1"});
        return more;
    }
    /// Whether both sides have agreed, as the client knows it.
    [[nodiscard]] static bool is_agreed(rpc_client const& client) {
        EXPECT_TRUE(client.call(store_service::len, {}));
        auto const& line = peers::line_access::line_of(client);
        std::promise<bool> told;
        EXPECT_TRUE(
            line->where().post([&] { told.set_value(line->endpoint()->protocol().extended()); }));
        return told.get_future().get();
    }
    [[nodiscard]] static bool is_agreed(std::string const& url, bool asks) {
        return is_agreed(rpc_client::builder(url).extension(asks).connect().value());
    }

    scratch_folder folder;
};

TEST_F(serve_extension, is_agreed_to_when_a_client_asks_and_not_otherwise) {
    running_server server(TRUNKLINE_PROGRAM, file(), listening());
    for (std::string const& url : urls(server)) {
        EXPECT_TRUE(is_agreed(url, true)) << url;
        EXPECT_FALSE(is_agreed(url, false)) << url;
    }
}

TEST_F(serve_extension, may_be_switched_off_by_flag_and_file) {
    auto const config = (folder / "c.toml").string();
    write_file(config, "extension = \"off\"\n");
    for (flags const& off : {flags{"--extension", "off"}, flags{"--config", config}}) {
        running_server server(TRUNKLINE_PROGRAM, file(), listening(off));
        for (std::string const& url : urls(server)) {
            EXPECT_FALSE(is_agreed(url, true)) << url;
        }
    }
}

// The server folds a connection that has said nothing yet, and in a run of all these tests with
// forced folding each of them after each call.
TEST_F(serve_extension, holds_for_connections_that_were_folded) {
    running_server server(TRUNKLINE_PROGRAM, file(), listening());
    for (std::string const& url : urls(server)) {
        auto const client = rpc_client::builder(url).extension().connect().value();
        for (char const letter : {'a', 'b', 'c'}) {
            std::string const value(300'000, letter);
            ASSERT_TRUE(client.call(store_service::write, {as_bytes("k"), as_bytes(value)}));
            EXPECT_TRUE(is_agreed(client));
            auto const answer = client.call(store_service::read, {as_bytes("k")});
            ASSERT_TRUE(answer && (*answer)->entry_payload);
            EXPECT_TRUE(as_text(*(*answer)->entry_payload) == value);
        }
    }
}

TEST_F(serve_extension, commands_ask_for_it_and_do_without_it) {
    for (std::string const word : {"on", "off"}) {
        running_server server(TRUNKLINE_PROGRAM, file(), listening({"--extension", word}));
        for (std::string const& url : urls(server)) {
            auto const client = rpc_client::builder(url).connect().value();
            ASSERT_TRUE(client.call(store_service::write, {as_bytes("key"), as_bytes(word)}));
            auto const got =
                run_program({TRUNKLINE_PROGRAM, "get", "key", "--url", url, "--extension"});
            EXPECT_EQ(got.output, word) << got.error;
        }
    }
}

TEST_F(serve_extension, refuses_what_is_no_word_for_it) {
    auto const said = run_program({TRUNKLINE_PROGRAM, "serve", file(), "--extension", "maybe"});
    EXPECT_EQ(said.exit_code, 2);
    EXPECT_NE(said.error.find("--extension: \"maybe\" is not one of the choices"),
              std::string::npos)
        << said.error;
}

}  // namespace
}  // namespace trunkline::cli
