// trunkline serve from start to running, and what it says when it cannot.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/test_support/running_server.hpp>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

using namespace test_support;

struct serve_command : ::testing::Test {
    scratch_folder folder;
    std::string path = (folder / "s.bin").string();

    [[nodiscard]] running_server start(std::vector<std::string> const& flags = {},
                                       std::map<std::string, std::string> const& environment = {}) {
        return {TRUNKLINE_PROGRAM, path, flags, environment};
    }

    void expect_refused(std::vector<std::string> flags, int code, std::string_view line) const {
        flags.insert(flags.begin(), {TRUNKLINE_PROGRAM, "serve"});
        auto const left = run_program(flags);
        EXPECT_EQ(left.error, "trunkline: " + std::string(line) + "\n");
        EXPECT_EQ(left.exit_code, code);
        EXPECT_EQ(left.output, "");
    }
};

TEST_F(serve_command, tells_what_it_opened_and_where_it_runs) {
    auto server = start();
    EXPECT_EQ(server.opened(), "created " + path + ": 0 keys, 0 bytes");
    EXPECT_EQ(server.address(), "127.0.0.1:" + std::to_string(server.port()));
    EXPECT_NE(server.port(), 0);
    EXPECT_EQ(server.stop(), exit_success);
    EXPECT_EQ(server.process().rest_of_output(), "");
}

/// How often each thread of a process has gone to sleep, by its id.
std::map<std::string, long> sleeps_of(pid_t process) {
    std::map<std::string, long> found;
    std::filesystem::path const tasks = "/proc/" + std::to_string(process) + "/task";
    for (auto const& each : std::filesystem::directory_iterator(tasks)) {
        std::ifstream status(each.path() / "status");
        std::string line;
        while (std::getline(status, line)) {
            if (line.starts_with("voluntary_ctxt_switches:")) {
                found[each.path().filename()] = std::stol(line.substr(line.find(':') + 1));
            }
        }
    }
    return found;
}

// Pinning the process then pins what serves. Who serves sleeps between two calls.
TEST_F(serve_command, serves_on_its_first_thread_when_it_is_to_have_one) {
    auto server = start({"--threads", "1"});
    auto const client = server.connect();
    auto const process = server.process().id();
    std::string const first = std::to_string(process);
    EXPECT_EQ(client->call(method_len, "").code, rpc::status::success);
    auto const before = sleeps_of(process);
    ASSERT_EQ(before.size(), 2U) << "it, and the one that waits for signals";
    for (int calls = 0; calls < 10'000 && sleeps_of(process).at(first) < before.at(first) + 20;) {
        EXPECT_EQ(client->call(method_len, "").code, rpc::status::success);
        ++calls;
    }
    for (auto const& [thread, sleeps] : sleeps_of(process)) {
        if (thread == first) {
            EXPECT_GE(sleeps, before.at(thread) + 20);
        } else {
            EXPECT_LE(sleeps, before.at(thread) + 1) << "it may have begun to wait only now";
        }
    }
    EXPECT_EQ(server.stop(), exit_success);
}

TEST_F(serve_command, keeps_what_clients_write) {
    {
        auto server = start();
        auto const client = server.connect();
        auto const written = client->call(method_write, short_write("k", "v"));
        EXPECT_EQ(written.code, rpc::status::success);
        EXPECT_EQ(written.body, std::string("\x06\x15", 2)) << "tail 21";
        EXPECT_EQ(client->call(method_read, short_read("k")).body, "\x01\x01v");
        EXPECT_EQ(client->call(method_read, short_read("x")).body, std::string(1, '\0'));
        EXPECT_EQ(client->call(method_len, "").body, "\x06\x01");
        auto const refused = client->call(method_write, short_write("k", ""));
        EXPECT_EQ(refused.code, rpc::status::system_error);
        EXPECT_EQ(refused.body, "Payload cannot be empty.");
        EXPECT_EQ(client->call(42, "").code, rpc::status::method_not_found);
        EXPECT_EQ(server.stop(), exit_success);
    }
    auto server = start();
    EXPECT_EQ(server.opened(), "opened " + path + ": 1 key, 21 bytes");
    EXPECT_EQ(server.connect()->call(method_read, short_read("k")).body, "\x01\x01v");
}

TEST_F(serve_command, tells_what_it_recovered) {
    ASSERT_TRUE(store::store::open(path).value()->write(as_bytes("k"), as_bytes("v")));
    write_file(path, read_file(path) + "torn");
    auto server = start({"--log-level", "warn"});
    EXPECT_TRUE(server.opened().starts_with("recovered " + path + ": kept 21 of 25 bytes"))
        << server.opened();
    EXPECT_EQ(server.connect()->call(method_read, short_read("k")).body, "\x01\x01v");
    EXPECT_NE(server.process().read_error_line().find("warn  store"), std::string::npos);
    EXPECT_EQ(server.stop(), exit_success);
}

TEST_F(serve_command, tells_machines_what_it_recovered) {
    ASSERT_TRUE(store::store::open(path).value()->write(as_bytes("k"), as_bytes("v")));
    write_file(path, read_file(path) + "torn");
    auto server = start({"--log-format", "json"});
    auto const told = boost::json::parse(server.opened());
    EXPECT_EQ(told.at("path"), path.c_str());
    EXPECT_EQ(told.at("created"), false);
    EXPECT_EQ(told.at("size_found"), 25);
    EXPECT_EQ(told.at("tail_kept"), 21);
    EXPECT_EQ(told.at("bytes_cut"), 4);
    EXPECT_EQ(told.at("entries_kept"), 1);
    EXPECT_EQ(told.at("live_keys"), 1);
    EXPECT_EQ(told.at("alignment"), 64);
    EXPECT_EQ(read_file(std::string(told.at("cut_file").as_string())), "torn");
}

TEST_F(serve_command, takes_the_file_by_flag_as_well) {
    child_process program({TRUNKLINE_PROGRAM, "serve", "--port", "0", "--path", path});
    EXPECT_EQ(program.read_output_line(), "created " + path + ": 0 keys, 0 bytes");
    EXPECT_TRUE(program.read_output_line().starts_with("Server running on 127.0.0.1:"));
}

TEST_F(serve_command, writes_the_port_file_before_it_says_so) {
    auto const port_file = folder / "port";
    write_file(port_file, "stale");
    auto server = start({"--port-file", port_file.string()});
    EXPECT_EQ(read_file(port_file), std::to_string(server.port()) + "\n");
}

TEST_F(serve_command, follows_its_configuration_file_and_flags_win) {
    auto const config = folder / "serve.toml";
    write_file(config, "path = \"" + path + "\"\nport = 1\nws-path = \"/store\"\nthreads = 1\n");
    child_process program({TRUNKLINE_PROGRAM, "serve", "--config", config.string(), "--port", "0"});
    EXPECT_EQ(program.read_output_line(), "created " + path + ": 0 keys, 0 bytes");
    std::string const line = program.read_output_line();
    auto const port = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
    EXPECT_EQ(store_caller("127.0.0.1", port, "/store").call(method_len, "").body,
              std::string("\x06\0", 2));
    EXPECT_THROW(ws_client("127.0.0.1", port, "/ws"), std::runtime_error);
}

TEST_F(serve_command, listens_on_ipv6) {
    try {
        auto server = start({"--host", "::1"});
        EXPECT_EQ(server.address(), "[::1]:" + std::to_string(server.port()));
        EXPECT_EQ(server.connect()->call(method_len, "").body, std::string("\x06\0", 2));
    } catch (std::runtime_error const& fault) {
        if (std::string(fault.what()).find("cannot listen") == std::string::npos) {
            throw;
        }
        GTEST_SKIP() << "this machine has no IPv6: " << fault.what();
    }
}

std::ptrdiff_t threads_of(pid_t id) {
    return std::distance(
        std::filesystem::directory_iterator("/proc/" + std::to_string(id) + "/task"), {});
}

TEST_F(serve_command, runs_the_threads_it_is_told_to) {
    for (int const threads : {1, 4}) {
        auto server = start({"--threads", std::to_string(threads)});
        std::vector<std::unique_ptr<store_caller>> clients;
        for (int i = 0; i < 16; ++i) {
            clients.push_back(server.connect());
            EXPECT_EQ(clients.back()->call(method_write, short_write("k", "v")).code,
                      rpc::status::success);
        }
        EXPECT_EQ(threads_of(server.process().id()), threads + 1) << "and one waits for signals";
        EXPECT_EQ(server.stop(), exit_success);
    }
}

TEST_F(serve_command, refuses_connections_above_the_limit_before_their_handshake) {
    auto server = start({"--connections-max", "2", "--threads", "2"});
    auto const first = server.connect();
    auto second = server.connect();
    tcp_client third(server.host(), server.port());
    EXPECT_EQ(third.receive(1), "");
    EXPECT_EQ(first->call(method_len, "").code, rpc::status::success);
    second->socket().close(1000);
    second.reset();
    for (bool let_in = false; !let_in;) {  // until the server has seen the end of the second
        try {
            let_in = server.connect()->call(method_len, "").code == rpc::status::success;
        } catch (std::exception const&) {
            continue;
        }
    }
}

TEST_F(serve_command, counts_connections_per_peer_when_told_to) {
    auto server = start({"--connections-per-peer-max", "1"});
    auto const first = server.connect();
    tcp_client second(server.host(), server.port());
    EXPECT_EQ(second.receive(1), "");
    EXPECT_EQ(first->call(method_len, "").code, rpc::status::success);
}

TEST_F(serve_command, closes_silent_peers_as_its_flags_say) {
    auto server = start({"--ping-after", "100ms", "--silence-timeout", "400ms"});
    ws_client silent(server.host(), server.port(), "/ws");
    auto const ended = silent.receive();
    EXPECT_TRUE(ended.opcode == ws_close || ended.opcode == 0);
}

TEST_F(serve_command, refuses_a_message_above_the_limit_and_goes_on) {
    auto server = start({"--message-size-max", "1MiB"});
    auto const client = server.connect();
    auto const refused = client->call(method_write, long_write("k", std::string(1 << 20, 'v')));
    EXPECT_EQ(refused.code, rpc::status::system_error);
    EXPECT_NE(refused.body, "");
    EXPECT_EQ(client->call(method_write, long_write("k", std::string(1000 << 10, 'v'))).code,
              rpc::status::success);
}

TEST_F(serve_command, takes_larger_messages_when_told_to) {
    auto server = start({"--message-size-max", "20MiB"});
    auto const client = server.connect();
    std::string const value(17 << 20, 'v');  // above the default
    EXPECT_EQ(client->call(method_write, long_write("k", value)).code, rpc::status::success);
    EXPECT_EQ(client->call(method_len, "").body, "\x06\x01");
    EXPECT_GT(std::filesystem::file_size(path), value.size());
}

TEST_F(serve_command, logs_for_people) {
    auto server = start({"--log-level", "error"}, {{"TRUNKLINE_LOG", "trace,ws=debug"}});
    auto const client = server.connect();
    std::string const line = server.process().read_error_line();
    EXPECT_NE(line.find("Z debug ws     connection opened peer=127.0.0.1:"), line.npos) << line;
}

TEST_F(serve_command, logs_for_machines) {
    auto server = start({"--log-format", "json", "--log-level", "debug"});
    server.connect()->socket().close(1000);
    EXPECT_EQ(server.stop(), exit_success);
    std::istringstream lines(server.process().rest_of_error());
    std::map<std::string, int> seen;
    for (std::string line; std::getline(lines, line);) {
        auto const object = boost::json::parse(line).as_object();
        EXPECT_TRUE(object.contains("time") && object.contains("level")) << line;
        ++seen[std::string(object.at("module").as_string()) + ": " +
               std::string(object.at("text").as_string())];
    }
    EXPECT_EQ(seen["store: store opened"], 1);
    EXPECT_EQ(seen["ws: connection opened"], 1);
    EXPECT_EQ(seen["ws: connection closed"], 1);
    EXPECT_EQ(seen["server: stopped"], 1);
}

TEST_F(serve_command, refuses_a_folder_that_is_not_there) {
    auto const absent = folder / "absent";
    expect_refused({(absent / "s.bin").string(), "--port", "0"}, exit_store,
                   "cannot open " + (absent / "s.bin").string() + ": the folder " +
                       absent.string() +
                       " does not exist; make it first (folders are not made for you).");
    EXPECT_FALSE(std::filesystem::exists(absent));
}

TEST_F(serve_command, refuses_a_file_that_is_not_a_store_and_leaves_it) {
    std::string const text = "a letter to grandmother\n";
    write_file(path, text);
    expect_refused({path, "--port", "0"}, exit_store,
                   path +
                       " is not a store: its 24 bytes hold no valid entry. It was not changed; "
                       "name another file, or move it away to begin a new store.");
    EXPECT_EQ(read_file(path), text);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST_F(serve_command, refuses_a_folder_as_a_file) {
    expect_refused(
        {folder.path().string(), "--port", "0"}, exit_store,
        folder.path().string() + " is not a regular file; name a file, not a folder or a device.");
}

TEST_F(serve_command, refuses_a_file_that_another_server_has) {
    auto server = start();
    EXPECT_EQ(server.connect()->call(method_write, short_write("k", "v")).code,
              rpc::status::success);
    std::string const before = read_file(path);
    expect_refused({path, "--port", "0"}, exit_store,
                   path +
                       " is in use by another program; stop that program, "
                       "or name another file.");
    EXPECT_EQ(read_file(path), before);
    EXPECT_EQ(server.connect()->call(method_read, short_read("k")).body, "\x01\x01v");
}

TEST_F(serve_command, refuses_a_port_in_use_and_makes_no_file) {
    auto server = start();
    std::string const other = (folder / "other.bin").string();
    expect_refused({other, "--port", std::to_string(server.port())}, exit_listen,
                   server.address() +
                       " is in use by another program; stop it, or choose another port with "
                       "--port (0 picks a free one)");
    EXPECT_FALSE(std::filesystem::exists(other));
}

TEST_F(serve_command, refuses_an_address_of_another_machine) {
    expect_refused({path, "--host", "192.0.2.1", "--allow-plain", "--port", "4711"}, exit_listen,
                   "cannot listen on 192.0.2.1:4711: this machine has no such address; choose one "
                   "of its own with --host");
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(serve_command, refuses_a_port_file_it_cannot_write) {
    auto const left = run_program({TRUNKLINE_PROGRAM, "serve", path, "--port", "0", "--port-file",
                                   (folder / "absent/port").string()});
    EXPECT_EQ(left.exit_code, exit_failure);
    EXPECT_NE(left.error.find("trunkline: cannot write the port file " +
                              (folder / "absent/port").string() + ": No such file or directory\n"),
              left.error.npos)
        << left.error;
    EXPECT_EQ(left.output.find("Server running"), left.output.npos);
}

}  // namespace
}  // namespace trunkline::cli
