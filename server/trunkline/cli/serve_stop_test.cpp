// How trunkline serve ends: every received request answered, connections closed in order, the store
// complete; at once at the second signal.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/test_support/running_server.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <system_error>

namespace trunkline::cli {
namespace {

using namespace test_support;

struct stopping_server : ::testing::Test {
    scratch_folder folder;
    std::string path = (folder / "s.bin").string();

    [[nodiscard]] running_server start(std::vector<std::string> const& flags = {}) const {
        return {TRUNKLINE_PROGRAM, path, flags};
    }

    static constexpr std::size_t large_size = 2 << 20;

    /// A large value, written behind the server's back.
    void prepare_large_value() const {
        auto const made = store::store::open(path).value();
        std::string value(large_size, '\0');
        for (std::size_t i = 0; i < value.size(); ++i) {
            value[i] = static_cast<char>(i % 251);  // such bytes are sent plain, from the file
        }
        ASSERT_TRUE(made->write(as_bytes("k"), as_bytes(value)));
    }

    /// Reads of the large value, more than any queue or socket takes, and nobody who reads them.
    static void clog(store_caller& client) {
        std::string frames;
        for (int i = 0; i < 64; ++i) {
            frames += client.call_bytes(method_read, short_read("k"));
        }
        client.socket().send_raw(frames);
    }
};

TEST_F(stopping_server, closes_idle_connections_as_going_away) {
    for (int const signal : {SIGTERM, SIGINT}) {
        auto server = start();
        auto const client = server.connect();
        EXPECT_EQ(client->call(method_len, "").code, rpc::status::success);
        server.process().signal(signal);
        EXPECT_FALSE(client->receive_one());
        EXPECT_EQ(client->last_frame().close_code(), 1001);
        client->socket().send(ws_close, "\x03\xe9");
        EXPECT_EQ(client->socket().link().receive(1), "") << "the end of the stream";
        EXPECT_EQ(server.process().wait(), exit_success);
    }
}

TEST_F(stopping_server, needs_no_answer_to_its_close) {
    auto server = start();
    auto const client = server.connect();
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait(), exit_success);
    EXPECT_FALSE(client->receive_one());
    EXPECT_EQ(client->last_frame().close_code(), 1001);
}

TEST_F(stopping_server, answers_every_request_that_it_received) {
    auto server = start();
    auto const client = server.connect();
    std::string frames;
    constexpr std::size_t calls = 200;
    for (std::size_t i = 0; i < calls; ++i) {
        std::string const key{static_cast<char>('a' + i % 16), static_cast<char>('a' + i / 16)};
        frames += client->call_bytes(method_write, short_write(key, "v"));
    }
    client->socket().send_raw(frames);
    ASSERT_TRUE(client->receive_one());  // one read of the server takes all of them
    server.process().signal(SIGTERM);
    while (client->receive_one()) {
    }
    EXPECT_EQ(client->last_frame().close_code(), 1001);
    EXPECT_EQ(client->answers().size(), calls);
    for (auto const& [number, got] : client->answers()) {
        EXPECT_EQ(got.code, rpc::status::success) << number;
    }
    EXPECT_EQ(server.process().wait(), exit_success);
    EXPECT_EQ(store::store::open(path).value()->size(), calls);
}

TEST_F(stopping_server, gives_whole_answers_to_a_slow_reader) {
    prepare_large_value();
    auto server = start({"--drain-timeout", "1h"});
    auto const client = server.connect();
    clog(*client);
    ASSERT_TRUE(client->receive_one());
    server.process().signal(SIGTERM);
    while (client->receive_one()) {
    }
    EXPECT_EQ(client->last_frame().close_code(), 1001);
    EXPECT_GE(client->answers().size(), 1u);
    for (auto const& [number, got] : client->answers()) {
        EXPECT_EQ(got.body.size(), large_size + 8) << number;
    }
    EXPECT_EQ(server.process().wait(), exit_success);
}

TEST_F(stopping_server, does_not_wait_for_the_rest_of_a_request) {
    auto server = start({"--drain-timeout", "1h"});
    auto const client = server.connect();
    std::string const frames = client->call_bytes(method_write, short_write("k", "v"));
    client->socket().send_raw(frames.substr(0, frames.size() / 2));
    EXPECT_EQ(server.connect()->call(method_len, "").code, rpc::status::success);
    server.process().signal(SIGTERM);
    EXPECT_FALSE(client->receive_one());
    EXPECT_EQ(client->last_frame().close_code(), 1001);
    EXPECT_EQ(server.process().wait(), exit_success);
    EXPECT_TRUE(store::store::open(path).value()->empty());
}

TEST_F(stopping_server, takes_no_new_connections) {
    prepare_large_value();
    auto server = start({"--drain-timeout", "1h"});
    auto const busy = server.connect();
    clog(*busy);
    server.process().signal(SIGTERM);
    EXPECT_NE(server.process().read_error_line().find("store opened"), std::string::npos);
    EXPECT_NE(server.process().read_error_line().find("stopping"), std::string::npos);
    for (bool refused = false; !refused;) {  // until the listeners have closed
        try {
            tcp_client late(server.host(), server.port());
            refused = late.receive(1).empty();
        } catch (std::system_error const&) {
            refused = true;
        }
    }
    while (busy->receive_one()) {
    }
    EXPECT_EQ(server.process().wait(), exit_success);
}

TEST_F(stopping_server, cuts_peers_that_do_not_read_after_the_drain_timeout) {
    prepare_large_value();
    auto server = start({"--drain-timeout", "50ms", "--log-level", "warn"});
    auto const client = server.connect();
    clog(*client);
    ASSERT_TRUE(client->receive_one());
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait(), exit_success);
    std::string const line = server.process().read_error_line();
    EXPECT_NE(line.find("connections cut: the drain timeout has passed connections=1"), line.npos)
        << line;
}

TEST_F(stopping_server, ends_at_once_at_the_second_signal) {
    prepare_large_value();
    for (int const signal : {SIGTERM, SIGINT}) {
        auto server = start({"--drain-timeout", "1h"});
        auto const client = server.connect();
        clog(*client);
        ASSERT_TRUE(client->receive_one());
        server.process().signal(SIGTERM);
        EXPECT_NE(server.process().read_error_line().find("store opened"), std::string::npos);
        EXPECT_NE(server.process().read_error_line().find("stopping"), std::string::npos);
        server.process().signal(signal);
        EXPECT_EQ(server.process().wait(), exit_signal + signal);
    }
}

TEST_F(stopping_server, keeps_everything_acknowledged_when_killed) {
    auto server = start();
    auto const client = server.connect();
    for (char key = 'a'; key <= 'z'; ++key) {
        EXPECT_EQ(client->call(method_write, short_write(std::string(1, key), "v")).code,
                  rpc::status::success);
    }
    server.process().signal(SIGKILL);
    EXPECT_EQ(server.process().wait(), exit_signal + SIGKILL);
    EXPECT_EQ(store::store::open(path).value()->size(), 26u);
}

}  // namespace
}  // namespace trunkline::cli
