// A disk that does not come back: who waits for it, who does not, and how the server ends then.
#include <trunkline/base/limits.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/test_support/running_server.hpp>
#include <trunkline/test_support/sync_gate.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <thread>

namespace trunkline::cli {
namespace {

using namespace test_support;

std::string key_of(std::size_t number) {
    return {static_cast<char>(number % 256), static_cast<char>(number / 256)};
}

class stalled_servers : public ::testing::TestWithParam<char const*> {
protected:
    scratch_folder folder;
    std::string path = (folder / "s.bin").string();
    sync_gate gate{folder / "gate"};

    void SetUp() override {
        ASSERT_TRUE(store::store::open(path).value()->write(as_bytes("first"), as_bytes("entry")));
    }

    [[nodiscard]] running_server start(std::string const& drain_timeout) const {
        return {TRUNKLINE_PROGRAM,
                path,
                {"--threads", "1", "--durability", GetParam(), "--drain-timeout", drain_timeout},
                gate.environment(TRUNKLINE_FAULT_SWITCH)};
    }

    // One event is under way and stays there; `more` wait behind it.
    void send_events(store_caller& client, std::size_t more) {
        client.socket().send_raw(client.event_bytes(method_write, short_write("a", "v")));
        gate.wait_for_sync();
        std::string frames;
        for (std::size_t i = 0; i < more; ++i) {
            frames += client.event_bytes(method_write, short_write(key_of(i), "v"));
        }
        client.socket().send_raw(frames);
        // Answered behind them, so they have been received.
        EXPECT_EQ(client.call(method_len, "").code, rpc::status::success);
    }

    [[nodiscard]] std::size_t keys() const { return store::store::open(path).value()->size(); }

    // Reads what the server logs up to a line with `text`.
    static void wait_for_line(running_server& server, std::string const& text) {
        std::string line;
        do {
            line = server.process().read_error_line();
            ASSERT_NE(line, "") << "ended without: " << text;
        } while (line.find(text) == line.npos);
    }
};
INSTANTIATE_TEST_SUITE_P(at, stalled_servers, ::testing::Values("sync", "group"),
                         [](auto const& at) { return std::string(at.param); });

/// Large events on a connection of their own, sent by a thread of their own.
class flood {
public:
    flood(running_server const& server, std::size_t events)
        : caller_(server.connect()), thread_([this, events] { send(events); }) {}
    ~flood() { thread_.join(); }
    flood(flood const&) = delete;
    flood& operator=(flood const&) = delete;

    [[nodiscard]] std::size_t sent() const { return sent_; }

private:
    void send(std::size_t events) {
        std::string const value(64 * kib, 'x');
        try {
            for (; sent_ < events; ++sent_) {
                caller_->socket().send_raw(
                    caller_->event_bytes(method_write, long_write(key_of(sent_), value)));
            }
            caller_->call(method_len, "");  // answered behind them
        } catch (std::exception const& end) {
            ADD_FAILURE() << end.what();
        }
    }

    std::unique_ptr<store_caller> caller_;
    std::atomic<std::size_t> sent_ = 0;
    std::thread thread_;
};

// More than may wait for the disk comes on one connection, on the only thread.
TEST_P(stalled_servers, go_on_reading_for_others_and_lose_nothing) {
    constexpr std::size_t events = writes_waiting_size_mark / (64 * kib) + 100;
    auto server = start("1h");
    auto const reader = server.connect();
    {
        flood const writer(server, events);
        struct opening {
            sync_gate& gate;
            ~opening() { gate.open(); }
        } const before_the_end{gate};
        gate.wait_for_sync();
        // Until the flood stands still, which it does before its end: the server takes no more.
        for (int still = 0; still < 200; ++still) {
            auto const before = writer.sent();
            EXPECT_EQ(reader->call(method_read, short_read("k")).code, rpc::status::success);
            still = writer.sent() == before ? still : 0;
        }
        EXPECT_LT(writer.sent(), events);
    }
    EXPECT_EQ(server.stop(), exit_success);
    EXPECT_EQ(keys(), events + 1);
}

TEST_P(stalled_servers, end_at_once_at_the_second_signal) {
    auto server = start("50ms");
    auto const client = server.connect();
    client->socket().send_raw(client->call_bytes(method_write, short_write("a", "v")));
    gate.wait_for_sync();
    server.process().signal(SIGTERM);
    wait_for_line(server, "connections cut: the drain timeout has passed connections=1");
    EXPECT_FALSE(client->receive_one());
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait(), exit_signal + SIGTERM);
}

TEST_P(stalled_servers, drop_what_nobody_waits_for_at_the_drain_timeout) {
    auto server = start("50ms");
    auto const client = server.connect();
    send_events(*client, 300);
    server.process().signal(SIGTERM);
    wait_for_line(server, "writes=300");
    gate.open();
    EXPECT_EQ(server.process().wait(), exit_success);
    EXPECT_EQ(keys(), 2u) << "the first one and the one under way";
}

TEST_P(stalled_servers, do_before_it_what_connections_left_behind) {
    auto server = start("1h");
    {
        auto const client = server.connect();
        send_events(*client, 300);
        server.process().signal(SIGTERM);
        EXPECT_FALSE(client->receive_one());
        EXPECT_EQ(client->last_frame().close_code(), 1001);
    }
    gate.open();
    EXPECT_EQ(server.process().wait(), exit_success);
    EXPECT_EQ(keys(), 302u);
}

}  // namespace
}  // namespace trunkline::cli
