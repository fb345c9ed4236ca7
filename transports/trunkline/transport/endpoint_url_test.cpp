#include <trunkline/transport/endpoint_url.hpp>

#include <trunkline/transport/error.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trunkline::transport {
namespace {

TEST(endpoint_url, takes_endpoints_apart) {
    struct row {
        char const* text;
        char const* scheme;
        char const* host;
        int port;  // -1: none
        char const* target;
    };
    for (row const& wanted : {
             row{"ws://127.0.0.1:8080/ws", "ws", "127.0.0.1", 8080, "/ws"},
             row{"WS://localhost", "ws", "localhost", -1, "/"},
             row{"ws://[::1]:80/a/b?x=1", "ws", "::1", 80, "/a/b?x=1"},
             row{"ws://h?x=1", "ws", "h", -1, "/?x=1"},
             row{"tcp://0.0.0.0:0", "tcp", "0.0.0.0", 0, "/"},
             row{"tcp://h:65535", "tcp", "h", 65535, "/"},
             row{"memory:store", "memory", "", -1, "store"},
             row{"unix:/run/x.sock", "unix", "", -1, "/run/x.sock"},
             row{"unix:@name", "unix", "", -1, "@name"},
         }) {
        auto const found = parse_endpoint(wanted.text);
        ASSERT_TRUE(found.has_value()) << wanted.text;
        EXPECT_EQ(found->scheme, wanted.scheme) << wanted.text;
        EXPECT_EQ(found->host, wanted.host) << wanted.text;
        EXPECT_EQ(found->port.has_value() ? int{*found->port} : -1, wanted.port) << wanted.text;
        EXPECT_EQ(found->target, wanted.target) << wanted.text;
    }
}

TEST(endpoint_url, refuses_what_is_none) {
    for (auto const& text : std::vector<std::string>{
             "", "ws", "127.0.0.1:80", "ws://", "ws://:80", "ws://h:65536", "ws://h:", "ws://h:x",
             "ws://u@h", "ws://h/#f", "ws://[::1", "ws://h h/", "memory:", "://h",
             "ws://h/" + std::string(2048, 'x')}) {
        auto const found = parse_endpoint(text);
        ASSERT_FALSE(found.has_value()) << text;
        EXPECT_EQ(found.error(), transport_error::invalid_endpoint) << text;
    }
}

TEST(endpoint_url, of_tcp_is_scheme_host_and_port_alone) {
    auto const made = parse_tcp_endpoint("TCP://[::1]:7000", "tcp");
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made->host, "::1");
    EXPECT_EQ(made->port, 7000);
    for (char const* const other : {"tls://[::1]:7000", "tcp://[::1]", "tcp://:7000", "tcp:x",
                                    "tcp://h:1/path", "tcp://h:1?x", "h:1", ""}) {
        EXPECT_EQ(parse_tcp_endpoint(other, "tcp").error(), transport_error::invalid_endpoint)
            << other;
    }
}

}  // namespace
}  // namespace trunkline::transport
