// trunkline serve --listen: several endpoints, bare streams, and the files of Unix sockets.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/store_client/store_client.hpp>
#include <trunkline/test_support/running_server.hpp>
#include <trunkline/transport/test_far_caller.hpp>

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

using namespace test_support;
using flags = std::vector<std::string>;

struct serve_listen : ::testing::Test {
    [[nodiscard]] running_server start(flags const& given) const {
        return {TRUNKLINE_PROGRAM, store, given};
    }
    /// A server that has nothing but what it is told.
    [[nodiscard]] std::unique_ptr<child_process> start_bare(flags given) const {
        given.insert(given.begin(), {TRUNKLINE_PROGRAM, "serve", store});
        auto made = std::make_unique<child_process>(given);
        static_cast<void>(made->read_output_line());
        return made;
    }
    void expect_refused(flags given, int code, std::string const& line) const {
        given.insert(given.begin(), {TRUNKLINE_PROGRAM, "serve", (folder / "other.bin").string()});
        auto const left = run_program(given);
        EXPECT_EQ(left.error, "trunkline: " + line + "\n");
        EXPECT_EQ(left.exit_code, code);
        EXPECT_FALSE(std::filesystem::exists(folder / "other.bin"));
    }
    [[nodiscard]] unsigned mode() const {
        struct stat found{};
        EXPECT_EQ(::stat(path.c_str(), &found), 0);
        return found.st_mode & 07777U;
    }
    static void expect_served(std::string const& url) {
        auto const client = store_client::connect(url);
        ASSERT_TRUE(client.has_value()) << url << ": " << client.error().message();
        EXPECT_TRUE(client->write(as_bytes("key"), as_bytes("value")).has_value()) << url;
        EXPECT_EQ(as_text(client->read(as_bytes("key")).value()->bytes()), "value") << url;
    }
    /// A connected socket, for bytes.
    [[nodiscard]] int connect_raw() const {
        int const made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size());
        EXPECT_EQ(::connect(made, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        return made;
    }

    scratch_folder folder;
    std::string store = (folder / "s.bin").string();
    std::string path = (folder / "s.sock").string();
    std::string url = "unix:" + path;
    std::string name = "unix:@" + path;
};

TEST_F(serve_listen, serves_every_transport_at_once) {
    auto server = start({"--threads", "3", "--listen", "tcp://127.0.0.1:0", "--listen", url,
                         "--listen", name, "--listen", "ws://127.0.0.1:0/more"});
    auto const& places = server.endpoints();
    ASSERT_EQ(places.size(), 4U);
    EXPECT_TRUE(places[0].starts_with("tcp://127.0.0.1:")) << places[0];
    EXPECT_EQ(places[1], url);
    EXPECT_EQ(places[2], name);
    EXPECT_TRUE(places[3].ends_with("/more")) << places[3];
    for (std::string const& each : places) {
        expect_served(each);
    }
    expect_served("ws://" + server.address() + "/ws");
    EXPECT_EQ(server.stop(), exit_success);
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(serve_listen, takes_the_place_of_host_and_port) {
    auto const server = start_bare({"--listen", name});
    EXPECT_EQ(server->read_output_line(), "Server running on " + name);
    expect_served(name);
    server->signal(SIGTERM);
    EXPECT_EQ(server->wait(), exit_success);
    EXPECT_EQ(server->rest_of_output(), "");
}

TEST_F(serve_listen, stands_in_the_configuration_file_too) {
    write_file(folder / "serve.toml",
               "listen = [\"" + url + "\", \"tcp://127.0.0.1:0\"]\nunix-mode = \"0666\"\n");
    auto const config = (folder / "serve.toml").string();
    auto server = start_bare({"--config", config});
    EXPECT_EQ(server->read_output_line(), "Server running on " + url);
    EXPECT_TRUE(server->read_output_line().starts_with("Server running on tcp://127.0.0.1:"));
    EXPECT_EQ(mode(), 0666U);
    expect_served(url);
    server.reset();
    server = start_bare({"--config", config, "--listen", name});
    EXPECT_EQ(server->read_output_line(), "Server running on " + name) << "flags win";
}

TEST_F(serve_listen, gives_socket_files_to_their_owner_alone_unless_told) {
    {
        auto const server = start({"--listen", url});
        EXPECT_EQ(mode(), 0600U);
    }
    auto const server = start({"--listen", url, "--unix-mode", "0660"});
    EXPECT_EQ(mode(), 0660U);
}

TEST_F(serve_listen, replaces_the_file_of_a_killed_server) {
    auto first = start({"--listen", url});
    first.process().signal(SIGKILL);
    EXPECT_EQ(first.process().wait(), 128 + SIGKILL);
    EXPECT_TRUE(std::filesystem::exists(path));
    auto second = start({"--listen", url});
    expect_served(url);
    EXPECT_EQ(second.stop(), exit_success);
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(serve_listen, never_takes_the_place_of_a_live_server) {
    auto const server = start({"--listen", url, "--listen", name});
    for (std::string const& each : {url, name}) {
        expect_refused({"--listen", each}, exit_listen,
                       each +
                           " is in use by a program that runs; stop it, or choose another path or "
                           "name with --listen");
        expect_served(each);
    }
}

TEST_F(serve_listen, leaves_files_alone_that_are_not_its_own) {
    write_file(path, "precious");
    expect_refused({"--listen", url}, exit_listen,
                   "cannot listen on " + url +
                       ": there is a file that is no socket; move it away, or choose another path "
                       "with --listen");
    EXPECT_EQ(read_file(path), "precious");
    std::filesystem::remove(path);
    auto server = start({"--listen", url});
    std::filesystem::remove(path);
    write_file(path, "of somebody else");
    EXPECT_EQ(server.stop(), exit_success);
    EXPECT_EQ(read_file(path), "of somebody else");
}

TEST_F(serve_listen, says_what_is_wrong_with_an_endpoint) {
    expect_refused({"--listen", "tcp://127.0.0.1"}, exit_usage,
                   "--listen tcp://127.0.0.1 is no place to listen; write one such as "
                   "ws://127.0.0.1:8080/ws, tcp://127.0.0.1:7000, unix:/path or unix:@name");
    std::string const deep = "unix:/" + std::string(120, 'x');
    expect_refused({"--listen", deep}, exit_usage,
                   "--listen " + deep +
                       ": the path or name of a Unix socket is longer than 107 bytes; choose a "
                       "shorter one");
    expect_refused({"--listen", "tcp://0.0.0.0:0"}, exit_usage,
                   "--listen tcp://0.0.0.0:0 lets other machines in without encryption; add "
                   "--allow-plain if that is meant, or stay on 127.0.0.1");
    expect_refused(
        {"--listen", "unix:" + (folder / "no/folder").string()}, exit_listen,
        "cannot listen on unix:" + (folder / "no/folder").string() + ": No such file or directory");
}

// Bytes, as a client of any language would send them.
TEST_F(serve_listen, answers_who_has_ended_its_direction) {
    auto const server = start({"--listen", url});
    transport::testing::far_caller caller;
    int const link = connect_raw();
    std::string const calls = caller.calls(5, method_len, "");
    ASSERT_EQ(::send(link, calls.data(), calls.size(), 0), static_cast<ssize_t>(calls.size()));
    ::shutdown(link, SHUT_WR);
    std::string buffer(10'000, '\0');
    for (ssize_t size = 1; size > 0;) {
        size = ::recv(link, buffer.data(), buffer.size(), 0);
        ASSERT_GE(size, 0);
        caller.receive(as_bytes(buffer).first(static_cast<std::size_t>(size)));
    }
    EXPECT_EQ(caller.answers, 5);
    ::close(link);
}

TEST_F(serve_listen, ends_who_stops_within_a_frame) {
    auto const server =
        start({"--listen", url, "--ping-after", "200ms", "--silence-timeout", "600ms"});
    transport::testing::far_caller caller;
    int const silent = connect_raw();
    int const stuck = connect_raw();
    ASSERT_EQ(::send(stuck, caller.calls(1, method_len, "").data(), 5, 0), 5);
    char byte = 0;
    EXPECT_LE(::recv(stuck, &byte, 1, 0), 0);
    EXPECT_EQ(::recv(silent, &byte, 1, MSG_DONTWAIT), -1) << "between frames nobody has to speak";
    ::close(silent);
    ::close(stuck);
}

TEST_F(serve_listen, survives_garbage) {
    auto const server = start({"--listen", url});
    for (char const filler : {'\0', '\x01', '\x7f', '\xff'}) {
        int const link = connect_raw();
        std::string const garbage(100'000, filler);
        static_cast<void>(::send(link, garbage.data(), garbage.size(), MSG_NOSIGNAL));
        ::close(link);
    }
    expect_served(url);
}

}  // namespace
}  // namespace trunkline::cli
