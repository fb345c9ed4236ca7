// trunkline conform, as its user runs it.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/test_support/child_process.hpp>
#include <trunkline/test_support/running_server.hpp>
#include <trunkline/tls/test_certificates.hpp>
#include <trunkline/unix_socket/unix_endpoint.hpp>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

test_support::finished conform(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {TRUNKLINE_PROGRAM, "conform"});
    return test_support::run_program(flags);
}

struct conform_command : ::testing::Test {
    scratch_folder folder;
};

// Where nobody ever answers: the system takes who dials.
struct silent_server {
    explicit silent_server(scratch_folder const& in)
        : url("unix:" + (in / "silent").string()), door(unix_socket::listen(url, 1)) {}

    std::string url;
    result<transport::listening_group> door;
};

TEST_F(conform_command, finds_nothing_wrong_with_our_server) {
    auto const store = (folder / "s.bin").string();
    ASSERT_TRUE(store::store::open(store));
    test_support::running_server const server(
        TRUNKLINE_PROGRAM, store,
        {"--listen", "ws://127.0.0.1:0/ws", "--listen", "unix:" + (folder / "s.sock").string(),
         "--handshake-timeout", "5s"});
    for (std::string const& url : server.endpoints()) {
        auto const left =
            conform({url, "--wait", "60s", "--handshake-timeout", "5s", "--report", "json"});
        EXPECT_EQ(left.exit_code, exit_success) << left.output;
        EXPECT_EQ(left.error, "");
        auto const report = boost::json::parse(left.output);
        EXPECT_EQ(report.at("totals").at("failed").as_int64(), 0);
        EXPECT_EQ(report.at("totals").at("skipped").as_int64(), 0);
        EXPECT_GE(report.at("totals").at("passed").as_int64(), 40);
    }
    auto const older =
        conform({server.endpoints().front(), "--wire", "a", "--rule", "EST", "--wait", "60s"});
    EXPECT_EQ(older.exit_code, exit_success) << older.output;
}

TEST_F(conform_command, finds_nothing_wrong_with_our_client) {
    std::string const flags[] = {"ws://127.0.0.1:0/ws", "unix:" + (folder / "door").string()};
    for (std::string const& url : flags) {
        test_support::child_process server(
            {TRUNKLINE_PROGRAM, "conform", "--listen", url, "--report", "json"});
        std::string const line = server.read_error_line();
        std::string const begin = "Waiting for a client on ";
        ASSERT_TRUE(line.starts_with(begin)) << line;
        auto const called = test_support::run_program(
            {TRUNKLINE_PROGRAM, "len", "--url", line.substr(begin.size())});
        EXPECT_NE(called.exit_code, exit_success);  // it has no store
        EXPECT_EQ(server.wait(), exit_success);
        auto const report = boost::json::parse(server.rest_of_output());
        EXPECT_EQ(report.at("totals").at("failed").as_int64(), 0);
        EXPECT_GE(report.at("totals").at("passed").as_int64(), 3);
    }
}

// What those who trust an authority of ours need, and what it has signed.
struct conform_over_tls : conform_command {
    std::vector<std::string> shown() const {
        return {"--tls-cert", own.certificates.string(), "--tls-key", own.key.string()};
    }
    std::vector<std::string> trusting() const { return {"--tls-ca", authority.file().string()}; }

    tls::test_authority authority{folder.path()};
    tls::identity own = authority.issue("server");
};

std::vector<std::string> operator+(std::vector<std::string> all,
                                   std::vector<std::string> const& more) {
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

TEST_F(conform_over_tls, finds_nothing_wrong_with_our_server) {
    auto const store = (folder / "s.bin").string();
    ASSERT_TRUE(store::store::open(store));
    test_support::running_server const server(
        TRUNKLINE_PROGRAM, store,
        shown() + std::vector<std::string>{"--listen", "wss://127.0.0.1:0/ws", "--listen",
                                           "tls://127.0.0.1:0"});
    for (std::string const& url : server.endpoints()) {
        std::vector<std::string> flags{url, "--wait", "60s", "--report", "json"};
        // Those that take seconds are held over other schemes.
        for (char const* const each : {"EST", "INT", "DLV", "CLS", "MUX", "RES", "MAL", "LIM"}) {
            flags.insert(flags.end(), {"--rule", each});
        }
        auto const left = conform(flags + trusting());
        EXPECT_EQ(left.exit_code, exit_success) << left.output;
        auto const report = boost::json::parse(left.output);
        EXPECT_EQ(report.at("totals").at("failed").as_int64(), 0) << left.output;
        EXPECT_GE(report.at("totals").at("passed").as_int64(), 30);
        EXPECT_EQ(conform({url, "--rule", "EST-01", "--wait", "5s"}).exit_code, exit_failure)
            << "nobody trusts that authority";
    }
}

TEST_F(conform_over_tls, finds_nothing_wrong_with_our_client) {
    for (char const* const url : {"wss://127.0.0.1:0/ws", "tls://127.0.0.1:0"}) {
        test_support::child_process server(std::vector<std::string>{TRUNKLINE_PROGRAM, "conform",
                                                                    "--listen", url, "--report",
                                                                    "json"} +
                                           shown());
        std::string const line = server.read_error_line();
        std::string const place = line.substr(line.rfind(' ') + 1);
        EXPECT_TRUE(place.starts_with(std::string(url).substr(0, 15))) << line;
        auto const called = test_support::run_program(
            std::vector<std::string>{TRUNKLINE_PROGRAM, "len", "--url", place} + trusting());
        EXPECT_NE(called.exit_code, exit_success);  // it has no store
        EXPECT_EQ(server.wait(), exit_success);
        auto const report = boost::json::parse(server.rest_of_output());
        EXPECT_EQ(report.at("totals").at("failed").as_int64(), 0);
        EXPECT_GE(report.at("totals").at("passed").as_int64(), 3);
    }
}

TEST_F(conform_over_tls, tells_which_file_is_wrong) {
    for (std::vector<std::string> const& flags : std::vector<std::vector<std::string>>{
             {"tls://127.0.0.1:1", "--tls-ca", "/nowhere/ca.pem"},
             {"tls://127.0.0.1:1", "--tls-cert", own.certificates.string()},
             {"--listen", "tls://127.0.0.1:0", "--tls-cert", own.certificates.string(), "--tls-key",
              own.certificates.string()}}) {
        auto const left = conform(flags);
        EXPECT_EQ(left.exit_code, exit_usage) << left.output;
        EXPECT_TRUE(left.error.starts_with("trunkline: --tls-")) << left.error;
    }
}

TEST_F(conform_command, keeps_no_more_of_clients_than_it_is_told) {
    auto const door = (folder / "door").string();
    test_support::child_process server({TRUNKLINE_PROGRAM, "conform", "--listen", "unix:" + door,
                                        "--kept-size-max", "64KiB", "--rule", "MUX-01"});
    EXPECT_NE(server.read_error_line(), "");
    boost::asio::io_context loop;
    boost::asio::local::stream_protocol::socket client(loop);
    client.connect(door);
    boost::system::error_code ended;
    boost::asio::write(client, boost::asio::buffer(std::string(1'000'000, '\0')), ended);  // frames
    EXPECT_EQ(server.read_error_line(),
              "More was said than --kept-size-max lets be kept; the rest was not read");
    EXPECT_EQ(server.wait(), exit_success) << server.rest_of_output();
}

TEST_F(conform_command, waits_no_longer_than_it_is_told) {
    auto const left =
        conform({"--listen", "tcp://127.0.0.1:0", "--for", "20ms", "--rule", "EST-01"});
    EXPECT_EQ(left.exit_code, exit_failure);
    EXPECT_NE(left.output.find("    seen     nobody has come\n"), std::string::npos) << left.output;
    EXPECT_NE(left.output.find(" trunkline conform --listen tcp://127.0.0.1:0 --for 20ms --rule "
                               "EST-01 --wait 5000ms  # "),
              std::string::npos)
        << left.output;
}

TEST_F(conform_command, tells_where_it_cannot_listen) {
    auto const left = conform({"--listen", "tcp://192.0.2.1:0"});
    EXPECT_EQ(left.exit_code, exit_listen) << left.output;
    EXPECT_TRUE(left.error.starts_with("trunkline: cannot listen on tcp://192.0.2.1:0: "));
}

TEST_F(conform_command, tells_what_is_broken_and_how_to_see_it_again) {
    silent_server const server(folder);
    ASSERT_TRUE(server.door);
    std::vector<std::string> const flags{server.url, "--rule",   "EST-01", "--wait", "20ms",
                                         "--echo",   "any name", "--seed", "7"};
    auto const left = conform(flags);
    EXPECT_EQ(left.exit_code, exit_failure);
    EXPECT_NE(left.output.find("    seen     the first call is not answered\n"), std::string::npos)
        << left.output;
    EXPECT_NE(left.output.find("    again    trunkline conform " + server.url +
                               " --rule EST-01 --wire b --echo 'any name' --seed 7 "
                               "--volume quick --wait 20ms --handshake-timeout 10000ms  # "),
              std::string::npos)
        << left.output;
}

TEST_F(conform_command, follows_a_list_of_known_failures) {
    silent_server const server(folder);
    auto const list = (folder / "known").string();
    write_file(list, "EST-01 unix  # it never answers\n");
    std::vector<std::string> flags{server.url, "--rule", "EST-01", "--wait", "20ms"};
    flags.insert(flags.end(), {"--known-failures", list});
    EXPECT_EQ(conform(flags).exit_code, exit_success);
    write_file(list, "EST-01 pigeons  # no\n");
    EXPECT_EQ(conform(flags).exit_code, exit_usage);
}

TEST_F(conform_command, tells_of_known_failures_that_do_not_fail) {
    auto const store = (folder / "s.bin").string();
    ASSERT_TRUE(store::store::open(store));
    test_support::running_server const server(TRUNKLINE_PROGRAM, store);
    auto const list = (folder / "known").string();
    write_file(list, "EST-01 ws  # it is said to be dead\n");
    auto const left =
        conform({"ws://" + server.address() + "/ws", "--rule", "EST-01", "--known-failures", list});
    EXPECT_EQ(left.exit_code, exit_failure);
    EXPECT_NE(left.output.find("EST-01 ws: it passes; remove the line"), std::string::npos)
        << left.output;
}

TEST_F(conform_command, writes_reports) {
    silent_server const server(folder);
    auto const page = (folder / "page.html").string();
    auto const left = conform({server.url, "--rule", "EST-01", "--wait", "20ms", "--report",
                               "html=" + page, "--report", "junit"});
    EXPECT_EQ(left.exit_code, exit_failure);
    EXPECT_NE(left.output.find("<testsuite name=\"conformance.unix\""), std::string::npos);
    EXPECT_NE(read_file(page).find("EST-01 on unix"), std::string::npos);
    auto const unwritten =
        conform({server.url, "--rule", "EST-01", "--wait", "20ms", "--report", "json=/nowhere/x"});
    EXPECT_NE(unwritten.error.find("cannot be written to /nowhere/x"), std::string::npos);
}

TEST_F(conform_command, lists_its_rules) {
    auto const left = conform({"--list", "--rule", "EST"});
    EXPECT_EQ(left.exit_code, exit_success);
    EXPECT_TRUE(left.output.starts_with("EST-01  must  ")) << left.output;
    EXPECT_EQ(left.output.find("MUX-"), std::string::npos);
}

TEST_F(conform_command, refuses_what_makes_no_sense) {
    for (std::vector<std::string> const& flags : std::vector<std::vector<std::string>>{
             {},
             {"pigeon://here"},
             {"no url"},
             {"tcp://127.0.0.1:1", "--listen", "tcp://127.0.0.1:0"},
             {"--listen", "pigeon://here"},
             {"--listen", "tls://127.0.0.1:0"},
             {"tcp://127.0.0.1:1", "--rule", "EST-99"},
             {"tcp://127.0.0.1:1", "--report", "pdf"},
             {"tcp://127.0.0.1:1", "--echo", "0xyz"},
             {"tcp://127.0.0.1:1", "--wire", "c"}}) {
        auto const left = conform(flags);
        EXPECT_EQ(left.exit_code, exit_usage) << left.output;
        EXPECT_TRUE(left.error.starts_with("trunkline: ")) << left.error;
    }
}

}  // namespace
}  // namespace trunkline::cli
