// trunkline bench, as its user runs it.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/store_service/service.hpp>
#include <trunkline/test_support/child_process.hpp>
#include <trunkline/test_support/running_server.hpp>
#include <trunkline/test_support/terminal_run.hpp>
#include <trunkline/tls/test_certificates.hpp>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

using test_support::finished;
using test_support::run_program;

std::vector<std::string> bench(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {TRUNKLINE_PROGRAM, "bench"});
    return flags;
}

std::uint64_t count_at(boost::json::value const& of, std::string_view pointer) {
    return of.at_pointer(pointer).to_number<std::uint64_t>();
}

struct bench_command : ::testing::Test {
    scratch_folder folder;
    std::string store = (folder / "s.bin").string();
};

struct bench_of_a_server : bench_command {
    [[nodiscard]] boost::json::value run(std::vector<std::string> flags) {
        flags.insert(flags.end(), {"--json", "-"});
        finished const left = run_program(bench(flags));
        EXPECT_EQ(left.exit_code, exit_success) << left.output << left.error;
        EXPECT_EQ(left.error, "");
        return boost::json::parse(left.output);
    }

    test_support::running_server server{TRUNKLINE_PROGRAM, store, {"--echo-path", "/echo"}};
    std::string url = "ws://" + server.address() + "/echo";
};

TEST_F(bench_of_a_server, echoes) {
    auto const found =
        run({url, "20", "1", "5", "--mode", "echo", "--message-rate", "500", "--size", "2KiB",
             "--server-pid", std::to_string(server.process().id())});
    EXPECT_EQ(count_at(found, "/asked/connections"), 20U);
    EXPECT_EQ(count_at(found, "/asked/seconds"), 1U);
    EXPECT_EQ(count_at(found, "/asked/concurrency"), 5U);
    EXPECT_EQ(count_at(found, "/connections/opened"), 20U);
    EXPECT_EQ(count_at(found, "/due"), 500U);
    EXPECT_EQ(count_at(found, "/sent/messages"), 500U);
    EXPECT_EQ(count_at(found, "/received/messages"), 500U);
    EXPECT_EQ(count_at(found, "/received/bytes"), 500U * 2048);
    EXPECT_EQ(count_at(found, "/latency_us/count"), 500U);
    EXPECT_GT(count_at(found, "/latency_us/p50"), 0U);
    EXPECT_EQ(count_at(found, "/failures/count"), 0U);
    EXPECT_GT(count_at(found, "/server_private"), 0U);
}

TEST_F(bench_of_a_server, echoes_text_in_a_closed_loop) {
    auto const found = run({url, "2", "1", "--mode", "echo", "--text", "--closed-loop", "--depth",
                            "3", "--size", "1"});
    EXPECT_GE(count_at(found, "/received/messages"), 6U);
    EXPECT_EQ(count_at(found, "/received/messages"), count_at(found, "/sent/messages"));
    EXPECT_EQ(count_at(found, "/failures/count"), 0U);
}

TEST_F(bench_of_a_server, only_keeps_connections) {
    auto const found =
        run({url, "50", "1", "--mode", "idle", "--rate", "1000", "--source-addresses", "3"});
    EXPECT_EQ(count_at(found, "/connections/opened"), 50U);
    EXPECT_EQ(count_at(found, "/connect_us/count"), 50U);
    EXPECT_EQ(count_at(found, "/sent/messages"), 0U);
}

TEST_F(bench_of_a_server, asks_a_store_for_everything_there_is) {
    for (std::string const operation : {"write", "read", "exists", "batch-write", "batch-read"}) {
        SCOPED_TRACE(operation);
        auto const found =
            run({"ws://" + server.address() + "/ws", "3", "1", "--mode", "store", "--operation",
                 operation, "--message-rate", "60", "--batch", "20", "--size", "300"});
        EXPECT_EQ(count_at(found, "/due"), 60U);
        EXPECT_EQ(count_at(found, "/received/messages"), 60U);
        EXPECT_EQ(count_at(found, "/latency_us/count"), 60U);
    }
}

TEST_F(bench_of_a_server, asks_a_store_in_the_older_layout) {
    auto const found = run({"ws://" + server.address() + "/ws", "2", "1", "--mode", "store",
                            "--wire", "a", "--closed-loop", "--depth", "4", "--size", "100000"});
    EXPECT_GE(count_at(found, "/received/messages"), 8U);
    EXPECT_EQ(count_at(found, "/received/messages"), count_at(found, "/due"));
}

// Of a program that serves a store over other transports.
TEST_F(bench_command, asks_a_store_without_websocket) {
    auto const data = store::store::open(store).value();
    rpc_server::builder builder;
    builder.listen("tcp://127.0.0.1:0").listen("unix:" + (folder / "socket").string());
    ASSERT_TRUE(store_service::add_methods(builder.methods(), *data));
    auto const server = builder.start().value();
    for (auto const& url : server.endpoints()) {
        SCOPED_TRACE(url);
        auto const left = run_program(bench({url, "3", "1", "--mode", "store", "--operation",
                                             "read", "--message-rate", "60", "--json", "-"}));
        EXPECT_EQ(left.exit_code, exit_success) << left.output << left.error;
        auto const found = boost::json::parse(left.output);
        EXPECT_EQ(count_at(found, "/connections/opened"), 3U);
        EXPECT_EQ(count_at(found, "/latency_us/count"), 60U);
        EXPECT_EQ(count_at(found, "/failures/count"), 0U);
    }
    auto const nobody = "unix:" + (folder / "nobody").string();
    auto const left =
        run_program(bench({nobody, "2", "1", "--mode", "store", "--operation", "write"}));
    EXPECT_EQ(left.exit_code, exit_connect);
    EXPECT_NE(left.output.find("2 cannot connect: Connection refused"), left.output.npos)
        << left.output;
}

// Several threads
// ------------------------------------------------------------------------------------------------

TEST_F(bench_of_a_server, divides_an_echo_among_threads) {
    auto const found = run({url, "21", "1", "6", "--mode", "echo", "--message-rate", "500",
                            "--threads", "2", "--rate", "2000"});
    EXPECT_EQ(count_at(found, "/asked/threads"), 2U);
    EXPECT_EQ(count_at(found, "/asked/connections"), 21U);
    EXPECT_EQ(count_at(found, "/connections/opened"), 21U);
    EXPECT_EQ(count_at(found, "/connect_us/count"), 21U);
    EXPECT_EQ(count_at(found, "/due"), 500U);
    EXPECT_EQ(count_at(found, "/received/messages"), 500U);
    EXPECT_EQ(count_at(found, "/latency_us/count"), 500U);
    EXPECT_EQ(count_at(found, "/failures/count"), 0U);
}

TEST_F(bench_of_a_server, keeps_connections_on_threads) {
    auto const found = run({url, "50", "1", "--mode", "idle", "--threads", "3"});
    EXPECT_EQ(count_at(found, "/connections/opened"), 50U);
    EXPECT_EQ(count_at(found, "/sent/messages"), 0U);
}

TEST_F(bench_of_a_server, asks_a_store_from_threads) {
    for (std::string const operation : {"write", "read", "batch-read"}) {
        SCOPED_TRACE(operation);
        auto const found =
            run({"ws://" + server.address() + "/ws", "5", "1", "--mode", "store", "--operation",
                 operation, "--message-rate", "60", "--batch", "20", "--threads", "2"});
        EXPECT_EQ(count_at(found, "/due"), 60U);
        EXPECT_EQ(count_at(found, "/latency_us/count"), 60U);
    }
}

TEST_F(bench_of_a_server, ends_on_threads_in_order_at_a_signal) {
    test_support::child_process running(
        bench({url, "5", "100000", "--mode", "echo", "--message-rate", "1000", "--threads", "2",
               "--json", (folder / "found.json").string()}));
    test_support::child_process asked(bench({url, "1", "1", "--mode", "echo"}));
    EXPECT_EQ(asked.wait(), exit_success);
    running.signal(SIGINT);
    EXPECT_EQ(running.wait(), exit_success) << running.rest_of_error();
    EXPECT_EQ(count_at(boost::json::parse(read_file(folder / "found.json")), "/failures/count"),
              0U);
}

TEST_F(bench_command, prepares_a_store_once_for_all_threads) {
    std::string gone;
    {
        test_support::running_server server(TRUNKLINE_PROGRAM, store, {});
        gone = "ws://" + server.address() + "/ws";
        EXPECT_EQ(server.stop(), exit_success);
    }
    auto const left = run_program(bench({gone, "4", "1", "--mode", "store", "--threads", "2"}));
    EXPECT_EQ(left.exit_code, exit_connect);
    EXPECT_NE(left.output.find("failures      1\n"), left.output.npos) << left.output;
    EXPECT_NE(left.output.find("1 cannot prepare: "), left.output.npos) << left.output;
}

/// A chat in either protocol.
struct bench_of_a_chat : bench_command, ::testing::WithParamInterface<std::string> {
    bench_of_a_chat() {
        server.emplace(std::vector<std::string>{TRUNKLINE_PROGRAM, "chat", "--protocol", GetParam(),
                                                "--port", "0", "--threads", "2"});
        std::string line = server->read_output_line();
        url = line.substr(line.find("ws://"));
    }
    ~bench_of_a_chat() override {
        server->signal(SIGTERM);
        EXPECT_EQ(server->wait(), exit_success);
    }

    std::optional<test_support::child_process> server;
    std::string url;
};

INSTANTIATE_TEST_SUITE_P(protocols, bench_of_a_chat, ::testing::Values("json", "binary"),
                         [](auto const& each) { return each.param; });

// Each message comes to every member, on whichever thread, and in one order.
TEST_P(bench_of_a_chat, talks_on_threads) {
    for (std::string const mode : {"chat", "fan-out"}) {
        for (std::uint64_t const rooms : {1U, 3U}) {
            SCOPED_TRACE(mode + " in " + std::to_string(rooms));
            auto const left = run_program(
                bench({url, "12", "1", "--mode", mode, "--message-rate", "60", "--rooms",
                       std::to_string(rooms), "--threads", "2", "--json", "-"}));
            EXPECT_EQ(left.exit_code, exit_success) << left.output << left.error;
            auto const found = boost::json::parse(left.output);
            EXPECT_EQ(count_at(found, "/asked/threads"), 2U);
            EXPECT_EQ(count_at(found, "/sent/messages"), 60U);
            EXPECT_EQ(count_at(found, "/latency_us/count"), 60U * 12 / rooms);
            EXPECT_EQ(count_at(found, "/failures/count"), 0U);
        }
    }
}

// Encrypted
// ------------------------------------------------------------------------------------------------

/// Of a program that serves a store through TLS, and an echo.
struct bench_through_tls : bench_command {
    [[nodiscard]] finished run(std::vector<std::string> flags) const {
        flags.insert(flags.end(), {"--tls-ca", authority.file().string(), "--json", "-"});
        return run_program(bench(flags));
    }

    tls::test_authority authority{folder.path()};
    tls::identity own = authority.issue("server");
    test_support::running_server server{
        TRUNKLINE_PROGRAM,
        store,
        {"--listen", "tls://127.0.0.1:0", "--listen", "wss://127.0.0.1:0/ws", "--tls-cert",
         own.certificates.string(), "--tls-key", own.key.string(), "--echo-path", "/echo"}};
};

TEST_F(bench_through_tls, asks_a_store) {
    ASSERT_EQ(server.endpoints().size(), 2U);
    for (auto const& url : server.endpoints()) {
        for (std::string const operation : {"write", "read", "batch-read"}) {
            SCOPED_TRACE(url + " " + operation);
            auto const left = run({url, "4", "1", "--mode", "store", "--operation", operation,
                                   "--message-rate", "60", "--batch", "20", "--threads", "2"});
            EXPECT_EQ(left.exit_code, exit_success) << left.output << left.error;
            auto const found = boost::json::parse(left.output);
            EXPECT_EQ(count_at(found, "/connections/opened"), 4U);
            EXPECT_EQ(count_at(found, "/latency_us/count"), 60U);
            EXPECT_EQ(count_at(found, "/failures/count"), 0U);
        }
    }
}

TEST_F(bench_through_tls, only_keeps_connections) {
    auto const left = run({server.endpoints()[1], "10", "1", "--mode", "idle"});
    EXPECT_EQ(left.exit_code, exit_success) << left.output << left.error;
    EXPECT_EQ(count_at(boost::json::parse(left.output), "/connections/opened"), 10U);
}

TEST_F(bench_through_tls, connects_to_nobody_that_it_does_not_trust) {
    for (auto const& url : server.endpoints()) {
        auto const left =
            run_program(bench({url, "2", "1", "--mode", "store", "--operation", "write"}));
        EXPECT_EQ(left.exit_code, exit_connect) << url;
        EXPECT_NE(left.output.find("2 cannot connect: The certificate of the peer is refused"),
                  left.output.npos)
            << left.output;
    }
}

// Who is alone in a room hears himself: what an echo does, too.
TEST_F(bench_of_a_server, talks_in_rooms_of_a_chat) {
    for (std::string const mode : {"chat", "fan-out"}) {
        auto const found = run({url, "3", "1", "--mode", mode, "--protocol", "binary", "--rooms",
                                "3", "--message-rate", "30"});
        EXPECT_EQ(count_at(found, "/sent/messages"), 30U);
        EXPECT_EQ(count_at(found, "/latency_us/count"), 30U);
        EXPECT_EQ(count_at(found, "/asked/senders"), mode == "chat" ? 0U : 1U);
    }
    auto const left = run_program(
        bench({url, "2", "1", "--protocol", "binary", "--patience", "200ms", "--json", "-"}));
    EXPECT_EQ(left.exit_code, exit_failure);
    EXPECT_EQ(count_at(boost::json::parse(left.output), "/failures/causes/no answer in time"), 2U);
}

TEST_F(bench_of_a_server, draws_a_chart) {
    auto const file = (folder / "chart.svg").string();
    auto const left = run_program(bench({url, "3", "1", "--mode", "echo", "--chart", file}));
    EXPECT_EQ(left.exit_code, exit_success) << left.error;
    EXPECT_TRUE(read_file(file).starts_with("<svg "));
}

TEST_F(bench_of_a_server, tells_that_a_file_cannot_be_written) {
    auto const nowhere = (folder / "none" / "found").string();
    for (std::string const flag : {"--json", "--chart"}) {
        auto const left = run_program(bench({url, "1", "1", "--mode", "echo", flag, nowhere}));
        EXPECT_EQ(left.exit_code, exit_failure);
        EXPECT_EQ(left.error, "trunkline: cannot write " + nowhere + "\n");
    }
}

TEST_F(bench_of_a_server, is_read_by_people) {
    auto const file = (folder / "found.json").string();
    auto const left = run_program(bench({url, "3", "1", "--mode", "echo", "--json", file}));
    EXPECT_EQ(left.exit_code, exit_success) << left.error;
    EXPECT_NE(left.output.find("connections   3 of 3 opened"), left.output.npos) << left.output;
    EXPECT_EQ(left.error, "");
    EXPECT_EQ(count_at(boost::json::parse(read_file(file)), "/received/messages"), 3U);
}

TEST_F(bench_of_a_server, shows_on_a_terminal_how_far_it_is) {
    auto const left = test_support::run_on_terminal(bench({url, "3", "1", "--mode", "echo"}));
    EXPECT_EQ(left.exit_code, exit_success);
    EXPECT_NE(left.error.find("conn 0/3  fail 0  tx 0  rx 0  0/1 s"), left.error.npos)
        << left.error;
}

TEST_F(bench_of_a_server, ends_in_order_at_a_signal) {
    test_support::child_process running(
        bench({url, "5", "100000", "--mode", "echo", "--message-rate", "1000", "--json",
               (folder / "found.json").string()}));
    test_support::child_process asked(bench({url, "1", "1", "--mode", "echo"}));
    EXPECT_EQ(asked.wait(), exit_success);
    running.signal(SIGINT);
    EXPECT_EQ(running.wait(), exit_success) << running.rest_of_error();
    auto const found = boost::json::parse(read_file(folder / "found.json"));
    EXPECT_LT(found.at("seconds").to_number<double>(), 100'000);
    EXPECT_EQ(count_at(found, "/failures/count"), 0U);
}

TEST_F(bench_of_a_server, tells_what_failed) {
    auto const left =
        run_program(bench({"ws://" + server.address() + "/nowhere", "3", "1", "--mode", "idle"}));
    EXPECT_EQ(left.exit_code, exit_connect);
    EXPECT_NE(left.output.find("3 cannot connect: "), left.output.npos) << left.output;
}

TEST_F(bench_command, tells_that_nobody_is_there) {
    std::string gone;
    {
        test_support::running_server server(TRUNKLINE_PROGRAM, store, {});
        gone = "ws://" + server.address();
        EXPECT_EQ(server.stop(), exit_success);
    }
    auto const left = run_program(bench({gone, "2", "1", "--mode", "idle"}));
    EXPECT_EQ(left.exit_code, exit_connect);
    EXPECT_NE(left.output.find("2 cannot connect: Connection refused"), left.output.npos)
        << left.output;
}

TEST_F(bench_command, names_what_is_wrong_with_its_flags) {
    struct complaint {
        std::vector<std::string> flags;
        std::string line;
    };
    std::vector<complaint> const table{
        {{"tcp://127.0.0.1:1"},
         "tcp://127.0.0.1:1 is no URL of a server; write ws://HOST:PORT/PATH, or wss://"},
        {{"ftp://127.0.0.1:1", "--mode", "store"},
         "ftp://127.0.0.1:1 is no URL of a server; write ws://HOST:PORT/PATH, or wss://, tcp://, "
         "tls:// or unix:"},
        {{"ws://127.0.0.1:1", "0"}, "--connections: \"0\" is too small; the least is 1"},
        {{"ws://127.0.0.1:1", "1", "x"}, "--seconds: \"x\" is not a whole number"},
        {{"ws://127.0.0.1:1", "1", "1", "1", "1"},
         "unexpected argument \"1\"; see trunkline bench --help"},
        {{"--mode", "loud"},
         "--mode: \"loud\" is not one of the choices; write one of idle|echo|chat|fan-out|store"},
        {{"--mode", "store", "--operation", "batch-read", "--size", "1MiB"},
         "--batch: 1000 values of 1048576 bytes are more than the 12 MiB that a call has here; "
         "write smaller ones"},
        {{"--closed-loop"}, "--closed-loop: in a chat messages are due by the clock alone"},
        {{"--depth", "0"}, "--depth: \"0\" is too small; the least is 1"},
        {{"--threads", "0"}, "--threads: \"0\" is too small; the least is 1"},
        {{"--threads", "65"}, "--threads: \"65\" is too large; the most is 64"},
        {{"ws://127.0.0.1:1", "3", "--threads", "4"},
         "--threads: 4 are too many for 3 connections, 100 opened at one time; each needs one"},
        {{"ws://127.0.0.1:1", "9", "1", "2", "--threads", "4"},
         "--threads: 4 are too many for 9 connections, 2 opened at one time; each needs one"},
        {{"--conections", "5"}, "unknown flag --conections; did you mean --connections?"},
        {{"--url", "wss://127.0.0.1:1", "--tls-ca", "/nowhere"},
         "--tls-ca /nowhere cannot be read: No such file or directory; name a file with "
         "certificates in PEM form"},
    };
    for (auto const& [flags, line] : table) {
        auto const left = run_program(bench(flags));
        EXPECT_EQ(left.exit_code, exit_usage) << line;
        EXPECT_EQ(left.error, "trunkline: " + line + "\n");
        EXPECT_EQ(left.output, "");
    }
}

}  // namespace
}  // namespace trunkline::cli
