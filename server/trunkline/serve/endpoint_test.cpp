#include <trunkline/serve/endpoint.hpp>

#include <trunkline/base/scratch_folder.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <string>
#include <vector>

namespace trunkline::server {
namespace {

serve_options of_threads(std::size_t count) {
    serve_options options;
    options.threads = count;
    options.port = 0;
    return options;
}

TEST(served_endpoints, are_the_default_one_and_those_that_were_given) {
    serve_options options;
    EXPECT_EQ(endpoints_of(options), std::vector<std::string>{"127.0.0.1:8080"});
    options.listen = {"tcp://127.0.0.1:7000", "unix:@name"};
    EXPECT_EQ(endpoints_of(options),
              (std::vector<std::string>{"127.0.0.1:8080", "tcp://127.0.0.1:7000", "unix:@name"}));
    options.listens_by_default = false;
    EXPECT_EQ(endpoints_of(options), options.listen);
}

TEST(served_endpoints, have_a_socket_for_each_thread_and_the_real_port) {
    scratch_folder const folder;
    auto options = of_threads(3);
    std::string const path = (folder / "s.sock").string();
    options.listen = {"ws://127.0.0.1:0/db", "tcp://127.0.0.1:0", "unix:" + path, "unix:@" + path};
    for (std::string const& asked : endpoints_of(options)) {
        auto const made = listen_on(options, asked);
        ASSERT_TRUE(made.has_value()) << asked << ": " << made.error().message();
        ASSERT_EQ(made->sockets.size(), 3U) << asked;
        bool const is_unix = asked.starts_with("unix:");
        ASSERT_EQ(made->port.has_value(), !is_unix) << asked;
        std::string const place = is_unix ? asked : "127.0.0.1:" + std::to_string(*made->port);
        bool const is_websocket = asked.starts_with("ws:") || asked.starts_with("127.");
        EXPECT_EQ(made->text, asked.starts_with("ws:")    ? "ws://" + place + "/db"
                              : asked.starts_with("tcp:") ? "tcp://" + place
                                                          : place);
        EXPECT_EQ(made->sockets.front().kind,
                  is_websocket ? link_kind::websocket : link_kind::stream);
        EXPECT_EQ(made->sockets.front().ws_path, asked.starts_with("ws:") ? "/db"
                                                 : is_websocket           ? "/ws"
                                                                          : "");
    }
}

TEST(served_endpoints, that_are_socket_files_have_the_mode_of_the_options) {
    scratch_folder const folder;
    auto options = of_threads(1);
    std::string const path = (folder / "s.sock").string();
    for (char const* const mode : {"0600", "660", "0666"}) {
        options.unix_mode = mode;
        auto const made = listen_on(options, "unix:" + path);
        ASSERT_TRUE(made.has_value());
        struct stat found{};
        ASSERT_EQ(::stat(path.c_str(), &found), 0);
        EXPECT_EQ(found.st_mode & 07777U, mode_of(mode).value()) << mode;
    }
}

TEST(served_endpoints, are_checked_before_anything_is_done) {
    serve_options options;
    for (char const* const good :
         {"ws://127.0.0.1:0/ws", "tcp://[::1]:7000", "tcp://localhost:1", "unix:/x", "unix:@x"}) {
        EXPECT_EQ(check_listen(options, good), "") << good;
    }
    for (std::string const bad :
         {"", "x", "tcp:x", "tcp://127.0.0.1", "tcp://example.org:1", "memory:x", "wss://",
          "tls://127.0.0.1", "unix:", "unix:@", "/x"}) {
        EXPECT_EQ(check_listen(options, bad),
                  "--listen " + bad +
                      " is no place to listen; write one such as ws://127.0.0.1:8080/ws, "
                      "tcp://127.0.0.1:7000, unix:/path or unix:@name");
    }
    for (std::string const encrypted : {"tls://0.0.0.0:1", "wss://127.0.0.1:1/ws"}) {
        EXPECT_EQ(check_listen(options, encrypted),
                  "--listen " + encrypted +
                      " needs a certificate; add --tls-cert FILE and --tls-key FILE");
        options.tls_cert = "cert.pem";
        EXPECT_EQ(check_listen(options, encrypted), "") << "also for other machines";
        options.tls_cert.clear();
    }
    std::string const deep = "unix:/" + std::string(107, 'x');
    EXPECT_EQ(check_listen(options, deep),
              "--listen " + deep +
                  ": the path or name of a Unix socket is longer than 107 bytes; choose a shorter "
                  "one");
    for (std::string const open : {"tcp://0.0.0.0:1", "ws://[::]:1/ws"}) {
        EXPECT_EQ(check_listen(options, open),
                  "--listen " + open +
                      " lets other machines in without encryption; add --allow-plain if that is "
                      "meant, or stay on 127.0.0.1");
        options.allow_plain = true;
        EXPECT_EQ(check_listen(options, open), "");
        options.allow_plain = false;
    }
}

TEST(served_endpoints, modes_are_octal_permissions) {
    EXPECT_EQ(mode_of("0600"), 0600U);
    EXPECT_EQ(mode_of("666"), 0666U);
    EXPECT_EQ(mode_of("0"), 0U);
    for (char const* const bad : {"", "rw", "0800", "1000", "-600", "0x1f", "0600 "}) {
        EXPECT_FALSE(mode_of(bad).has_value()) << bad;
    }
}

}  // namespace
}  // namespace trunkline::server
